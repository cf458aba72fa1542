package dev.ordinal.control;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Keeps objects of one kind as their specs want them. Three small steps per look: observe (read
/// the
/// caches), plan (pure), act.
public interface Controller {
    /// As it appears in thread names and logs.
    String name();

    /// Registers with caches; `again` asks for another look at a key.
    void watch(Consumer<Key> again);

    /// One look at one object. It sees at least this controller's own last write. A failure is
    /// looked
    /// at again with back-off.
    ///
    /// @return when to look again even if nothing changes
    Optional<Duration> reconcile(Key key) throws InterruptedException;

    /// How long news of an object gathers before it is looked at: a look at a large one costs the
    /// same for one piece of news and for a hundred.
    default Duration gathering(Key key) {
        return Duration.ZERO;
    }
}
