"""What users see: schema and a few lines each, over the host's part and the pure packages."""
