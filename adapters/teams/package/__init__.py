"""The app package that an administrator uploads to Teams: manifest, texts in every language, two icons."""
