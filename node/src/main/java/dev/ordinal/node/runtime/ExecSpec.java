package dev.ordinal.node.runtime;

import java.util.List;

/// A command for a running container. It gets the container's user, environment, working directory
/// and
/// limits.
///
/// @param tty whether it gets a terminal; standard error is then part of standard output
/// @param stdin whether it gets an input; otherwise it reads the end of the file at once
public record ExecSpec(ContainerKey container, List<String> command, boolean tty, boolean stdin) {
    public ExecSpec {
        command = List.copyOf(command);
        if (command.isEmpty()) {
            throw new IllegalArgumentException("no command specified");
        }
    }
}
