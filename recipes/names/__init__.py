"""What the names of files say: words in any order, and the recipes they mean."""
