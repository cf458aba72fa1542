package dev.ordinal.kinds.cel;

import com.google.common.primitives.UnsignedLong;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.TypeParamType;
import dev.cel.common.values.CelByteString;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Order, sums and places in lists.
///
/// @see "upstream: apiserver/pkg/cel/library/lists.go"
final class ListFunctions {
    private static final List<Class<?>> LIST = List.of(List.class);

    private ListFunctions() {}

    static Functions all() {
        Map<String, CelType> summed = new LinkedHashMap<>();
        summed.put("int", SimpleType.INT);
        summed.put("uint", SimpleType.UINT);
        summed.put("double", SimpleType.DOUBLE);
        summed.put("duration", SimpleType.DURATION);
        Map<String, CelType> compared = new LinkedHashMap<>(summed);
        compared.put("bool", SimpleType.BOOL);
        compared.put("timestamp", SimpleType.TIMESTAMP);
        compared.put("string", SimpleType.STRING);
        compared.put("bytes", SimpleType.BYTES);
        var all = new Functions();
        compared.forEach((name, type) -> ordered(all, name, type));
        summed.forEach(
                (name, type) ->
                        all.member(
                                "sum",
                                "list_%s_sum_%s".formatted(name, name),
                                type,
                                List.of(ListType.create(type)),
                                LIST,
                                args -> sum(name, (List<?>) args[0])));
        var any = TypeParamType.create("A");
        List<CelType> types = List.of(ListType.create(any), any);
        List<Class<?>> classes = List.of(List.class, Object.class);
        return all.member(
                        "indexOf",
                        "list_a_index_of_int",
                        SimpleType.INT,
                        types,
                        classes,
                        args -> first((List<?>) args[0], args[1]))
                .member(
                        "lastIndexOf",
                        "list_a_last_index_of_int",
                        SimpleType.INT,
                        types,
                        classes,
                        args -> last((List<?>) args[0], args[1]));
    }

    private static void ordered(Functions all, String name, CelType type) {
        List<CelType> types = List.of(ListType.create(type));
        all.member(
                        "isSorted",
                        "list_%s_is_sorted_bool".formatted(name),
                        SimpleType.BOOL,
                        types,
                        LIST,
                        args -> isSorted((List<?>) args[0]))
                .member(
                        "max",
                        "list_%s_max_%s".formatted(name, name),
                        type,
                        types,
                        LIST,
                        args -> Collections.max(filled(args[0], "max"), ListFunctions::compare))
                .member(
                        "min",
                        "list_%s_min_%s".formatted(name, name),
                        type,
                        types,
                        LIST,
                        args -> Collections.min(filled(args[0], "min"), ListFunctions::compare));
    }

    private static List<?> filled(Object list, String function) {
        var items = (List<?>) list;
        if (items.isEmpty()) {
            throw new IllegalArgumentException(function + " called on empty list");
        }
        return items;
    }

    @SuppressWarnings("unchecked") // the checker lets only lists of one type through
    private static int compare(Object one, Object other) {
        if (one instanceof CelByteString a && other instanceof CelByteString b) {
            return java.util.Arrays.compareUnsigned(a.toByteArray(), b.toByteArray());
        }
        return ((Comparable<Object>) one).compareTo(other);
    }

    private static boolean isSorted(List<?> items) {
        for (int i = 1; i < items.size(); i++) {
            if (compare(items.get(i - 1), items.get(i)) > 0) return false;
        }
        return true;
    }

    private static Object sum(String type, List<?> items) {
        return switch (type) {
            case "int" -> items.stream().mapToLong(i -> (Long) i).reduce(0, Math::addExact);
            case "double" -> items.stream().mapToDouble(i -> (Double) i).sum();
            case "uint" ->
                    items.stream()
                            .map(i -> (UnsignedLong) i)
                            .reduce(UnsignedLong.ZERO, UnsignedLong::plus);
            default -> items.stream().map(i -> (Duration) i).reduce(Duration.ZERO, Duration::plus);
        };
    }

    private static long first(List<?> items, Object wanted) {
        for (int i = 0; i < items.size(); i++) if (Equality.same(items.get(i), wanted)) return i;
        return -1;
    }

    private static long last(List<?> items, Object wanted) {
        for (int i = items.size() - 1; i >= 0; i--) {
            if (Equality.same(items.get(i), wanted)) return i;
        }
        return -1;
    }
}
