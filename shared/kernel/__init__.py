"""Pure values on which every service must agree: identifiers, business days, Japanese text, local time."""
