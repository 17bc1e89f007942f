"""The web kit: sessions, CSRF check, security headers, error pages, forms, the base template and its tokens."""
