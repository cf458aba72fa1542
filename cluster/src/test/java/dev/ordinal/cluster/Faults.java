package dev.ordinal.cluster;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WatchEvent;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Status;
import dev.ordinal.api.Stored;

import org.jspecify.annotations.Nullable;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The API as the controllers see it: their writes are told to the rules, and some of their calls
/// meet a fault.
final class Faults {
    private static final Set<String> WRITES =
            Set.of("create", "update", "patch", "delete", "deleteCollection");

    private final Api api;
    private final WriteListener listener;
    private final List<Ears> watches = new ArrayList<>();
    private int conflictIn = -1;
    private int killIn = -1;
    private boolean killAfterwards;

    /// Hears of a controller's write before it is made.
    @FunctionalInterface
    interface WriteListener {
        /// @param arguments as given to the [Api]
        void before(String verb, GroupVersionResource type, Object[] arguments);
    }

    /// The server ended here.
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;

        Killed() {
            super("the server was killed", null, false, false);
        }
    }

    Faults(Api api, WriteListener listener) {
        this.api = api;
        this.listener = listener;
    }

    /// What the controllers get.
    Api faulty() {
        return (Api)
                Proxy.newProxyInstance(
                        Api.class.getClassLoader(),
                        new Class<?>[] {Api.class},
                        (_, method, arguments) -> call(method, arguments));
    }

    /// The next update, patch or deletion but so many meets a conflict.
    void conflictAfter(int writes) {
        conflictIn = writes;
    }

    /// The server ends at the next write but so many.
    ///
    /// @param afterwards once the write has been made
    void killAfter(int writes, boolean afterwards) {
        killIn = writes;
        killAfterwards = afterwards;
    }

    /// Every watch, for faults of its own.
    List<Ears> watches() {
        return watches;
    }

    void none() {
        conflictIn = -1;
        killIn = -1;
        watches.forEach(Ears::none);
    }

    private @Nullable Object call(Method method, Object[] arguments) throws Throwable {
        var verb = method.getName();
        if (!WRITES.contains(verb)) {
            var answer = invoke(method, arguments);
            if (!(answer instanceof Api.Watching watching)) return answer;
            var ears = new Ears(watching);
            watches.add(ears);
            return ears;
        }
        boolean dies = killIn >= 0 && killIn-- == 0;
        if (dies && !killAfterwards) throw new Killed();
        var type = (GroupVersionResource) arguments[0];
        boolean mayConflict = !verb.equals("create") && !type.resource().equals("events");
        if (mayConflict && conflictIn >= 0 && conflictIn-- == 0) {
            throw ApiException.conflict(type, "it", "the object has been modified");
        }
        listener.before(verb, type, arguments);
        var answer = invoke(method, arguments);
        if (dies) throw new Killed();
        return answer;
    }

    private @Nullable Object invoke(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(api, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    /// A watch that may hear late, twice, or have to begin anew.
    static final class Ears implements Api.Watching {
        private final Api.Watching watching;
        private int late;
        private boolean twice;
        private boolean lost;

        private Ears(Api.Watching watching) {
            this.watching = watching;
        }

        /// Hears nothing the next few times.
        void late(int times) {
            late = times;
        }

        /// Hears what comes next twice, in order.
        void twice() {
            twice = true;
        }

        /// Has missed too much.
        void lost() {
            lost = true;
        }

        private void none() {
            late = 0;
            twice = false;
            lost = false;
        }

        @Override
        public List<WatchEvent> next(Duration patience) throws InterruptedException {
            if (lost) {
                throw new ApiException(
                        new Status(410, "Expired", "too old resource version", null));
            }
            if (late > 0) {
                late--;
                return List.of();
            }
            var events = watching.next(patience);
            if (!twice || events.isEmpty()) return events;
            twice = false;
            List<WatchEvent> all = new ArrayList<>(events);
            all.addAll(events);
            return all;
        }

        @Override
        public long revision() {
            return watching.revision();
        }

        @Override
        public Stored bookmark() {
            return watching.bookmark();
        }

        @Override
        public void close() {
            watching.close();
        }
    }
}
