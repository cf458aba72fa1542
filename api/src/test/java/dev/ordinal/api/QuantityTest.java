package dev.ordinal.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "0.5,500m",
        "1024Mi,1Gi",
        "1.5Gi,1536Mi",
        "1000m,1",
        "1e3,1e3",
        "32Mi,32Mi",
        "1500,1500",
        "100000,100k",
        "0,0",
        "0Mi,0",
        "0.1m,100u",
        "-1.5,-1500m",
        "1023Ki,1023Ki",
        "1000,1k",
        ".5,500m",
        "1E,1E",
        "10e-1,1",
        "12Ei,12Ei"
    })
    void spellsAmountsCanonically(String given, String canonical) {
        assertThat(Quantity.of(given).canonical()).isEqualTo(canonical);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1KiB", "1 Gi", "1.2.3", "Mi", "--1"})
    void refusesTheRest(String text) {
        assertThat(Quantity.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"32Mi,33554432", "1500m,2", "1k,1000"})
    void roundsUpToWholeNumbers(String given, long value) {
        assertThat(Quantity.of(given).longValue()).isEqualTo(value);
    }
}
