package dev.ordinal.node.runtime;

import java.io.InputStream;
import java.io.OutputStream;

/// A command that runs in a container.
public interface ExecSession extends AutoCloseable {
    /// The command's input. Closing it is the end of the file.
    OutputStream stdin();

    InputStream stdout();

    /// Empty when the command has a terminal.
    InputStream stderr();

    /// Tells the terminal its size in characters; nothing without one. The first time lets the
    /// command begin, which waits a little for it.
    void resize(int width, int height);

    /// Waits for the end and returns the exit code, or 128 plus a signal's number.
    int await() throws InterruptedException;

    /// Ends the command if it still runs.
    @Override
    void close();
}
