package dev.ordinal.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;

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
