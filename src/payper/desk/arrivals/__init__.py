"""What arrives at a server: deliveries, files and facts, kept before they are answered."""
