package dev.ordinal.kinds.cel;

import com.fasterxml.jackson.databind.JsonNode;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/// Times in the formats that schemas know.
///
/// @see "upstream: kube-openapi/pkg/validation/strfmt"
final class Times {
    private static final Pattern PARTS = Pattern.compile("([0-9]*\\.?[0-9]+)([a-zµμ]+)");
    private static final Pattern WORDS = Pattern.compile("([0-9]+)\\s*([a-z]+)");
    private static final Map<String, Long> NANOSECONDS =
            Map.ofEntries(
                    Map.entry("ns", 1L),
                    Map.entry("us", 1_000L),
                    Map.entry("µs", 1_000L),
                    Map.entry("μs", 1_000L),
                    Map.entry("ms", 1_000_000L),
                    Map.entry("s", 1_000_000_000L),
                    Map.entry("m", 60_000_000_000L),
                    Map.entry("h", 3_600_000_000_000L));
    private static final Map<String, Duration> NAMED =
            Map.of(
                    "s", Duration.ofSeconds(1),
                    "min", Duration.ofMinutes(1),
                    "m", Duration.ofMinutes(1),
                    "h", Duration.ofHours(1),
                    "hr", Duration.ofHours(1),
                    "d", Duration.ofDays(1),
                    "day", Duration.ofDays(1),
                    "w", Duration.ofDays(7),
                    "week", Duration.ofDays(7),
                    "wk", Duration.ofDays(7));

    private Times() {}

    static Object date(JsonNode json) {
        return LocalDate.parse(json.asText()).atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    static Object time(JsonNode json) {
        var text = json.asText().toUpperCase(Locale.ROOT).replace(' ', 'T');
        boolean zoned = text.matches(".*(Z|[+-][0-9]{2}:?[0-9]{2})");
        if (!zoned) return LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
        var withColon = text.replaceFirst("([+-][0-9]{2})([0-9]{2})$", "$1:$2");
        return instant(withColon);
    }

    private static Instant instant(String text) {
        return OffsetDateTime.parse(text).toInstant();
    }

    static Object duration(JsonNode json) {
        return duration(json.asText());
    }

    /// `1h30m` as Go writes it, or `3 days`.
    private static Duration duration(String text) {
        boolean negative = text.startsWith("-");
        var unsigned = negative || text.startsWith("+") ? text.substring(1) : text;
        if (unsigned.equals("0")) return Duration.ZERO;
        var sum = Duration.ZERO;
        int read = 0;
        for (var part = PARTS.matcher(unsigned); part.find() && part.start() == read; ) {
            var unit = NANOSECONDS.get(part.group(2));
            if (unit == null) return words(text);
            var nanos = new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit));
            sum = sum.plusNanos(nanos.setScale(0, RoundingMode.DOWN).longValueExact());
            read = part.end();
        }
        if (read == 0 || read < unsigned.length()) return words(text);
        return negative ? sum.negated() : sum;
    }

    private static Duration words(String text) {
        var words = WORDS.matcher(text.toLowerCase(Locale.ROOT));
        if (!words.find()) throw new IllegalArgumentException("not a duration: " + text);
        var name = words.group(2);
        var unit = NAMED.get(name);
        if (unit == null) {
            unit =
                    NAMED.entrySet().stream()
                            .filter(e -> e.getKey().length() > 1 && name.startsWith(e.getKey()))
                            .map(Map.Entry::getValue)
                            .findFirst()
                            .orElseThrow();
        }
        return unit.multipliedBy(Long.parseLong(words.group(1)));
    }
}
