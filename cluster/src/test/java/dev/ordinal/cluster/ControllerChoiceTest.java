package dev.ordinal.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ordinal.control.Controller;
import dev.ordinal.control.Key;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

class ControllerChoiceTest {
    /// Does nothing.
    private record Named(String name) implements Controller {
        @Override
        public void watch(Consumer<Key> again) {}

        @Override
        public Optional<Duration> reconcile(Key key) {
            return Optional.empty();
        }
    }

    private static List<String> running(String choice) {
        return List.of("statefulset", "scheduler", "provisioner").stream()
                .filter(name -> ControllerChoice.parse(choice).runs(new Named(name)))
                .toList();
    }

    @Test
    void aStarMeansAllButThoseBehindAMinus() {
        assertThat(running("*")).containsExactly("statefulset", "scheduler", "provisioner");
        assertThat(running("*,-kube-scheduler")).containsExactly("statefulset", "provisioner");
    }

    @Test
    void withoutAStarOnlyTheNamedRunAndWhatUpstreamHasElsewhere() {
        assertThat(running("statefulset-controller")).containsExactly("statefulset", "provisioner");
        assertThat(running("")).containsExactly("provisioner");
    }

    @Test
    void theFirstWordOnAControllerCounts() {
        assertThat(running("-kube-scheduler,kube-scheduler")).doesNotContain("scheduler");
    }

    @Test
    void aNameNobodyHasIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ControllerChoice.parse("*,-statefulset"))
                .withMessage("\"statefulset\" is not in the list of known controllers");
    }
}
