package dev.ordinal.kinds.statefulset;

/// What the controller wrote for a set, by the kind written: the caches must show it before the
/// next look. Used by one worker at a time.
final class LastWrites {
    volatile long sets;
    private volatile long pods;
    private volatile long claims;
    volatile long revisions;

    /// The last event about what the set waits for.
    volatile String said = "";

    /// Several pods and claims are written at once: the latest counts.
    synchronized void pods(long written) {
        pods = Math.max(pods, written);
    }

    synchronized void claims(long written) {
        claims = Math.max(claims, written);
    }

    long pods() {
        return pods;
    }

    long claims() {
        return claims;
    }
}
