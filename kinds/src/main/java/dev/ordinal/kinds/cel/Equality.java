package dev.ordinal.kinds.cel;

import com.google.common.primitives.UnsignedLong;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// When two values are equal: numbers by their worth, lists and maps item by item, and those that
/// a schema describes as it says.
final class Equality {
    private Equality() {}

    static boolean same(Object one, Object other) {
        if (one instanceof Number a && other instanceof Number b) return sameNumber(a, b);
        if (one instanceof ObjectView a && other instanceof ObjectView b) return a.same(b);
        if (one instanceof ListView a && other instanceof List<?> b) return a.same(b);
        if (one instanceof List<?> a && other instanceof ListView b) return b.same(a);
        if (one instanceof List<?> a && other instanceof List<?> b) return inOrder(a, b);
        if (one instanceof Map<?, ?> a && other instanceof Map<?, ?> b) return entries(a, b);
        return Objects.equals(one, other);
    }

    static boolean inOrder(List<?> one, List<?> other) {
        if (one.size() != other.size()) return false;
        var others = other.iterator();
        for (var item : one) if (!same(item, others.next())) return false;
        return true;
    }

    private static boolean entries(Map<?, ?> one, Map<?, ?> other) {
        if (one.size() != other.size()) return false;
        for (var entry : one.entrySet()) {
            var there = other.get(entry.getKey());
            if (there == null || !same(entry.getValue(), there)) return false;
        }
        return true;
    }

    private static boolean sameNumber(Number one, Number other) {
        if (one instanceof Double && other instanceof Double) {
            return one.doubleValue() == other.doubleValue();
        }
        if (!isFinite(one) || !isFinite(other)) return false;
        return exact(one).compareTo(exact(other)) == 0;
    }

    private static boolean isFinite(Number number) {
        return !(number instanceof Double d) || Double.isFinite(d);
    }

    private static BigDecimal exact(Number number) {
        return switch (number) {
            case UnsignedLong unsigned -> new BigDecimal(unsigned.bigIntegerValue());
            case Double fraction -> new BigDecimal(fraction);
            default -> BigDecimal.valueOf(number.longValue());
        };
    }
}
