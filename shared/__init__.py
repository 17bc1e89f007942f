"""What the services share: kernel (values), contracts (events), runtime (plumbing). No business workflow lives here."""
