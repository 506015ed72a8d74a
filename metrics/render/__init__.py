"""From metric records and table declarations to text: SQL views and the data dictionary. Pure functions, no files."""
