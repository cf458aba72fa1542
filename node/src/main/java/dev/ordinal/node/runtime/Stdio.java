package dev.ordinal.node.runtime;

/// What a container's standard streams are. Without an input it reads the end of the file at once.
///
/// @param stdin whether input is kept open for it, whoever is attached
/// @param stdinOnce whether that input ends with the first client that was attached to it; not on a
///     terminal
/// @param tty whether all three are a terminal
public record Stdio(boolean stdin, boolean stdinOnce, boolean tty) {
    /// Output only.
    public static final Stdio NONE = new Stdio(false, false, false);

    /// Whether somebody must hold the other end while the container runs.
    boolean held() {
        return stdin || tty;
    }

    /// Whether its input is a pipe that ends with the first client.
    boolean endsWithClient() {
        return stdin && stdinOnce && !tty;
    }
}
