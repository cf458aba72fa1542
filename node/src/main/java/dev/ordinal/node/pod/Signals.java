package dev.ordinal.node.pod;

import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/// Numbers of the signals images ask to be stopped by, on Linux x86-64.
final class Signals {
    private static final int LAST = 64;
    private static final Map<String, Integer> NUMBERS =
            Map.of(
                    "HUP", 1, "INT", 2, "QUIT", 3, "ABRT", 6, "KILL", 9, "USR1", 10, "USR2", 12,
                    "TERM", 15, "WINCH", 28, "RTMIN+3", 37);

    private Signals() {}

    /// @param text a number, or a name with or without `SIG`
    static OptionalInt number(String text) {
        var name = text.toUpperCase(Locale.ROOT);
        if (name.matches("[0-9]{1,2}")) {
            int number = Integer.parseInt(name);
            return number >= 1 && number <= LAST ? OptionalInt.of(number) : OptionalInt.empty();
        }
        var number = NUMBERS.get(name.startsWith("SIG") ? name.substring(3) : name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }
}
