"""The embedded demo model: data, text encoder, networks and how they were trained."""
