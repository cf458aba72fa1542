package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Map;

class PodEnvironmentTest {
    @ParameterizedTest
    @CsvSource({
        "$(A)/$(B), 1/two",
        "$(NONE), $(NONE)",
        "$$(A), $(A)",
        "$A and $, $A and $",
        "$(A, $(A",
        "$$$(A), $1",
        "x$(A)y$(A), x1y1"
    })
    void knownNamesAreReplaced(String text, String expected) {
        assertThat(PodEnvironment.expand(text, Map.of("A", "1", "B", "two"))).isEqualTo(expected);
    }
}
