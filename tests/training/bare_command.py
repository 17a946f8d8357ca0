"""`colorify` with a shallow network and no export, which takes longer than all else: started by torchrun."""

if __name__ == "__main__":  # the processes that decode import this file, too, and need none of it
    from colorify.cli import main
    from colorify.training.export import weights_file
    from shallow_network import shallow_network

    weights_file.export_checkpoint = lambda _, output, **__: output.touch()
    with shallow_network():
        main()
