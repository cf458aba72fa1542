package dev.ordinal.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// Maps that forget what was used longest ago.
public final class RecentMap {
    private RecentMap() {}

    /// A map for any number of threads.
    ///
    /// @param most entries it keeps
    public static <K, V> Map<K, V> of(int most) {
        return Collections.synchronizedMap(
                new LinkedHashMap<>(16, 0.75f, true) {
                    private static final long serialVersionUID = 1;

                    @Override
                    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                        return size() > most;
                    }
                });
    }
}
