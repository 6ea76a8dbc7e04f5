"""Makes `pytest contract_tests` work in a bare checkout, where no installed package declares the plugin."""

# pytest loads a plugin of one name once: where the package is installed, this names what is already there.
pytest_plugins = ["contract_tests.plugin"]
