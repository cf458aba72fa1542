package dev.ordinal.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

class WorkQueueTest {
    private static final Key KEY = new Key("default", "web");

    private Instant now = Instant.parse("2026-01-02T03:04:05Z");
    private final WorkQueue queue = new WorkQueue(() -> now);

    private void passes(Duration time) {
        now = now.plus(time);
    }

    @Test
    void aKeyAskedForManyTimesIsLookedAtOnce() {
        queue.add(KEY);
        queue.add(KEY);
        assertThat(queue.poll()).isEqualTo(KEY);
        assertThat(queue.poll()).isNull();
    }

    @Test
    void aKeyAskedForDuringItsLookComesAgainAfterIt() {
        queue.add(KEY);
        queue.poll();
        queue.add(KEY);
        assertThat(queue.poll()).isNull();
        queue.done(KEY);
        assertThat(queue.poll()).isEqualTo(KEY);
    }

    @Test
    void aFailedKeyComesBackLaterEachTime() {
        queue.add(KEY);
        for (long wait = 5; wait <= 40; wait *= 2) {
            assertThat(queue.poll()).isEqualTo(KEY);
            queue.failed(KEY);
            assertThat(queue.nextDelayed()).isEqualTo(now.plusMillis(wait));
            passes(Duration.ofMillis(wait));
        }
    }

    @Test
    void newsGathersAsLongAsItsControllerSays() throws InterruptedException {
        var looks = new ArrayList<Key>();
        var news = new ArrayList<Consumer<Key>>();
        var loop = new ControllerLoop(new Gathering(looks, news), () -> now);
        for (int i = 0; i < 3; i++) news.getFirst().accept(KEY);
        assertThat(loop.step()).isFalse();
        passes(Duration.ofMillis(50));
        assertThat(loop.step()).isTrue();
        assertThat(loop.step()).isFalse();
        assertThat(looks).containsExactly(KEY);
    }

    private record Gathering(List<Key> looks, List<Consumer<Key>> news) implements Controller {
        @Override
        public String name() {
            return "gathering";
        }

        @Override
        public void watch(Consumer<Key> again) {
            news.add(again);
        }

        @Override
        public Duration gathering(Key key) {
            return Duration.ofMillis(50);
        }

        @Override
        public Optional<Duration> reconcile(Key key) {
            looks.add(key);
            return Optional.empty();
        }
    }

    @Test
    void ofSeveralTimesTheEarliestCounts() {
        queue.addAfter(KEY, Duration.ofSeconds(9));
        queue.addAfter(KEY, Duration.ofSeconds(3));
        queue.addAfter(KEY, Duration.ofSeconds(6));
        passes(Duration.ofSeconds(3));
        assertThat(queue.poll()).isEqualTo(KEY);
        queue.done(KEY);
        assertThat(queue.nextDelayed()).isNull();
    }
}
