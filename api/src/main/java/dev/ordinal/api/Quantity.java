package dev.ordinal.api;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// An amount such as `500m`, `32Mi` or `1e3`, with Kubernetes' canonical spelling.
///
/// @param value exact; at most nine fractional digits, further ones are rounded up
/// @param format the family of suffixes it was written in
/// @see "Kubernetes API reference: Quantity"
public record Quantity(BigDecimal value, Format format) implements Comparable<Quantity> {
    /// What upstream answers to a malformed one.
    public static final String MALFORMED =
            "quantities must match the regular expression"
                    + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

    private static final Pattern TEXT =
            Pattern.compile("([+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+))([A-Za-z]*|[eE][-+]?[0-9]+)");
    private static final List<String> BINARY = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");
    private static final List<String> DECIMAL =
            List.of("n", "u", "m", "", "k", "M", "G", "T", "P", "E");

    public enum Format {
        BINARY_SI,
        DECIMAL_SI,
        DECIMAL_EXPONENT
    }

    /// Empty: malformed.
    public static Optional<Quantity> parse(String text) {
        var match = TEXT.matcher(text);
        if (!match.matches()) return Optional.empty();
        var number = new BigDecimal(padded(match.group(1)));
        var suffix = match.group(2);
        int binary = BINARY.indexOf(suffix);
        if (binary > 0) {
            var scaled = number.multiply(new BigDecimal(BigInteger.TWO.pow(10 * binary)));
            return Optional.of(new Quantity(rounded(scaled), Format.BINARY_SI));
        }
        int decimal = DECIMAL.indexOf(suffix);
        if (decimal >= 0) {
            var scaled = number.scaleByPowerOfTen(3 * (decimal - 3));
            return Optional.of(new Quantity(rounded(scaled), Format.DECIMAL_SI));
        }
        if (suffix.length() > 1 && (suffix.charAt(0) == 'e' || suffix.charAt(0) == 'E')) {
            try {
                var scaled = number.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1)));
                return Optional.of(new Quantity(rounded(scaled), Format.DECIMAL_EXPONENT));
            } catch (NumberFormatException | ArithmeticException _) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /// @throws IllegalArgumentException malformed
    public static Quantity of(String text) {
        return parse(text).orElseThrow(() -> new IllegalArgumentException(MALFORMED));
    }

    private static String padded(String number) {
        var sign = number.startsWith("+") || number.startsWith("-") ? number.substring(0, 1) : "";
        var digits = number.substring(sign.length());
        if (digits.startsWith(".")) digits = "0" + digits;
        if (digits.endsWith(".")) digits += "0";
        return sign + digits;
    }

    private static BigDecimal rounded(BigDecimal value) {
        return value.scale() > 9 ? value.setScale(9, RoundingMode.UP) : value;
    }

    /// Thousandths, rounded up.
    public long milliValue() {
        return value.movePointRight(3).setScale(0, RoundingMode.CEILING).longValue();
    }

    /// Rounded up to a whole number.
    public long longValue() {
        return value.setScale(0, RoundingMode.CEILING).longValue();
    }

    /// No fraction, and the largest suffix that leaves a whole number.
    public String canonical() {
        if (value.signum() == 0) return "0";
        boolean small = value.abs().compareTo(BigDecimal.valueOf(1024)) < 0;
        boolean whole = value.stripTrailingZeros().scale() <= 0;
        if (format == Format.BINARY_SI && whole && !small) return binary(value.toBigIntegerExact());
        if (format == Format.BINARY_SI && whole) return value.toBigIntegerExact().toString();
        return decimal();
    }

    private static String binary(BigInteger amount) {
        int step = 0;
        var unit = BigInteger.valueOf(1024);
        while (step < BINARY.size() - 1 && amount.mod(unit).signum() == 0) {
            amount = amount.divide(unit);
            step++;
        }
        return amount + BINARY.get(step);
    }

    private String decimal() {
        var digits = value.stripTrailingZeros();
        int exponent = Math.floorDiv(-digits.scale(), 3) * 3;
        int limit = format == Format.DECIMAL_EXPONENT ? Integer.MAX_VALUE : 18;
        exponent = Math.min(exponent, limit);
        var mantissa = digits.scaleByPowerOfTen(-exponent).toBigIntegerExact();
        if (format == Format.DECIMAL_EXPONENT) {
            return exponent == 0 ? mantissa.toString() : mantissa + "e" + exponent;
        }
        return mantissa + DECIMAL.get(exponent / 3 + 3);
    }

    @Override
    public int compareTo(Quantity other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return canonical();
    }
}
