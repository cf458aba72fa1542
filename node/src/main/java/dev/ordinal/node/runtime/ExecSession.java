package dev.ordinal.node.runtime;

import java.io.InputStream;
import java.io.OutputStream;

/// A command that runs in a container, or a container that somebody has attached to.
public interface ExecSession extends AutoCloseable {
    /// The command's input. Closing it is the end of the file.
    OutputStream stdin();

    InputStream stdout();

    /// Empty when there is a terminal, and for who has attached: a container's errors are in its
    /// standard output.
    InputStream stderr();

    /// Tells the terminal its size in characters; nothing without one. The first time lets a
    /// command begin, which waits a little for it.
    void resize(int width, int height);

    /// Waits for the end and returns the exit code, or 128 plus a signal's number.
    int await() throws InterruptedException;

    /// Ends the command if it still runs; a container goes on.
    @Override
    void close();
}
