"""The neutral view model: what a person is shown, before any platform draws it."""
