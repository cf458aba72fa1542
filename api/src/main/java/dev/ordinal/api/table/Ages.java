package dev.ordinal.api.table;

import com.fasterxml.jackson.databind.JsonNode;

import java.time.Duration;
import java.time.Instant;

/// How long ago, as kubectl prints it.
///
/// @see "upstream: apimachinery/pkg/util/duration, HumanDuration"
public final class Ages {
    private Ages() {}

    /// Since a time on the wire; `<unknown>` when there is none.
    public static String since(JsonNode time, Instant now) {
        return time.isTextual()
                ? human(Duration.between(Instant.parse(time.textValue()), now))
                : "<unknown>";
    }

    /// Two digits of precision at most: `59s`, `2m30s`, `5h`, `3d4h`, `2y`.
    public static String human(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < -1) return "<invalid>";
        if (seconds < 0) return "0s";
        if (seconds < 60 * 2) return seconds + "s";
        long minutes = seconds / 60;
        if (minutes < 10) return pair(minutes, "m", seconds % 60, "s");
        if (minutes < 60 * 3) return minutes + "m";
        long hours = minutes / 60;
        if (hours < 8) return pair(hours, "h", minutes % 60, "m");
        if (hours < 48) return hours + "h";
        long days = hours / 24;
        if (hours < 192) return pair(days, "d", hours % 24, "h");
        if (hours < 24 * 365 * 2) return days + "d";
        long years = days / 365;
        if (hours < 24 * 365 * 8) return pair(years, "y", days % 365, "d");
        return years + "y";
    }

    private static String pair(long big, String bigUnit, long small, String smallUnit) {
        return small == 0 ? big + bigUnit : big + bigUnit + small + smallUnit;
    }
}
