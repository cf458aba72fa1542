package dev.ordinal.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.control.EventCorrelator.Happening;
import dev.ordinal.control.EventCorrelator.Verdict;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

class EventCorrelatorTest {
    private final EventCorrelator correlator = new EventCorrelator();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Rule("pods 13.1")
    @Test
    void fromTheTenthMessageOnSimilarEventsAreOne() {
        var verdicts = createdPods(12);
        assertThat(verdicts.subList(0, 9)).noneMatch(Verdict::combined);
        assertThat(verdicts.subList(9, 12)).allMatch(Verdict::combined);
        assertThat(verdicts.subList(9, 12))
                .extracting(Verdict::key)
                .containsOnly(verdicts.get(9).key());
        assertThat(verdicts.get(11).message())
                .isEqualTo("(combined from similar events): create Pod web-11");
    }

    @Rule("pods 13.1")
    @Test
    void theSameMessageAgainIsTheSameEvent() {
        var verdicts = IntStream.range(0, 20).mapToObj(_ -> judge("Warning", "BackOff", "wait"));
        assertThat(verdicts)
                .extracting(Verdict::key)
                .containsOnly(happening("Warning", "BackOff", "wait"));
    }

    @Rule("pods 13.1")
    @Test
    void tenMinutesLaterNothingIsSimilar() {
        createdPods(12);
        now = now.plus(Duration.ofMinutes(10)).plusSeconds(1);
        assertThat(judge("Normal", "SuccessfulCreate", "create Pod web-12").combined()).isFalse();
    }

    @Rule("pods 13.1")
    @Test
    void ofTooManyOnlyOneEveryFiveMinutesIsWritten() {
        var verdicts = createdPods(30);
        assertThat(verdicts.subList(0, 25)).noneMatch(Verdict::dropped);
        assertThat(verdicts.subList(25, 30)).allMatch(Verdict::dropped);
        assertThat(judge("Warning", "FailedCreate", "no").dropped()).isFalse();
        now = now.plus(Duration.ofMinutes(5));
        assertThat(createdPods(2)).extracting(Verdict::dropped).containsExactly(false, true);
    }

    private List<Verdict> createdPods(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> judge("Normal", "SuccessfulCreate", "create Pod web-" + i))
                .toList();
    }

    private Verdict judge(String type, String reason, String message) {
        return correlator.judge(happening(type, reason, message), now);
    }

    private static Happening happening(String type, String reason, String message) {
        return new Happening("u1", "", type, reason, message);
    }
}
