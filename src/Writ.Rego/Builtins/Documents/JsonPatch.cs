using System.Globalization;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Documents;

/// <summary>
/// RFC 6902 over any values: sets are entered by their members, objects by any key. A patch that does not fit makes
/// the call undefined, and is no error.
/// </summary>
internal static class JsonPatch
{
    private delegate RegoValue? Change(RegoValue container, RegoValue key);

    public static RegoValue? Apply(RegoValue document, RegoArray operations)
    {
        RegoValue? patched = document;
        foreach (var operation in operations)
        {
            Work.Tick(4);
            patched = patched is not null && operation is RegoObject map ? Step(patched, map) : null;
        }

        return patched;
    }

    private static RegoValue? Step(RegoValue document, RegoObject operation)
    {
        if (Path(operation, "path") is not { } path || !operation.TryGet("op", out var op) || op is not RegoString name)
        {
            return null;
        }

        operation.TryGet("value", out var value);
        switch (name.Value)
        {
            case "add":
                return value is null ? null : Insert(document, path, value);
            case "remove":
                return Delete(document, path);
            case "replace":
                return value is null ? null : Replace(document, path, value);
            case "test":
                return value is not null && value.Equals(Find(document, path)) ? document : null;
            case "copy" or "move":
                if (Path(operation, "from") is not { } from || Find(document, from) is not { } chunk)
                {
                    return null;
                }

                var rest = name.Value is "copy" || path.Length == 0 ? document : Delete(document, from);
                return rest is null ? null : Insert(rest, path, chunk);
            default:
                return null;
        }
    }

    private static RegoValue[]? Path(RegoObject operation, string member) =>
        operation.TryGet(member, out var path) && path is RegoString or RegoArray ? JsonPaths.Segments(path!) : null;

    private static RegoValue? Find(RegoValue document, ReadOnlySpan<RegoValue> path)
    {
        RegoValue? found = document;
        foreach (var key in path)
        {
            found = found is null ? null : Child(found, key);
        }

        return found;
    }

    private static RegoValue? Child(RegoValue container, RegoValue key) => container is RegoArray array
        ? Index(key, array.Count) is { } index ? array[index] : null
        : ComparisonBuiltins.Find(container, key);

    private static RegoValue? Insert(RegoValue document, ReadOnlySpan<RegoValue> path, RegoValue value) =>
        path.IsEmpty ? value : Modify(document, path, (container, key) => InsertInto(container, key, value));

    private static RegoValue? Delete(RegoValue document, ReadOnlySpan<RegoValue> path) =>
        path.IsEmpty ? null : Modify(document, path, DeleteFrom);

    private static RegoValue? Replace(RegoValue document, RegoValue[] path, RegoValue value)
    {
        if (path.Length == 0)
        {
            return value;
        }

        return Delete(document, path) is { } rest ? Insert(rest, path, value) : null;
    }

    /// <summary>Changes what holds the path's last segment, and makes all above it anew.</summary>
    private static RegoValue? Modify(RegoValue container, ReadOnlySpan<RegoValue> path, Change change)
    {
        Work.Enter();
        if (path.Length == 1)
        {
            return change(container, path[0]);
        }

        return Child(container, path[0]) is { } child && Modify(child, path[1..], change) is { } changed
            ? With(container, path[0], child, changed)
            : null;
    }

    private static RegoValue With(RegoValue container, RegoValue key, RegoValue child, RegoValue changed)
    {
        Work.Tick(SizeOf(container) >> 2);
        switch (container)
        {
            case RegoArray array:
                var items = array.Span.ToArray();
                items[Index(key, items.Length)!.Value] = changed;
                return RegoArray.Own(items);
            case RegoObject map:
                return Copy(map).Set(key, changed).Build();
            default:
                return RegoSet.Of([.. ((RegoSet)container).Where(item => !item.Equals(child)), changed]);
        }
    }

    private static int SizeOf(RegoValue container) => container switch
    {
        RegoArray array => array.Count,
        RegoObject map => map.Count,
        RegoSet set => set.Count,
        _ => 0,
    };

    private static RegoValue? InsertInto(RegoValue container, RegoValue key, RegoValue value)
    {
        Work.Tick(SizeOf(container) >> 2);
        switch (container)
        {
            case RegoObject map:
                return Copy(map).Set(key, value).Build();
            case RegoSet set:
                return key.Equals(value) ? RegoSet.Of([.. set, value]) : null;
            case RegoArray array when (key is RegoString { Value: "-" } ? array.Count : Index(key, array.Count + 1))
                is { } index:
                return RegoArray.Own([.. array.Span[..index], value, .. array.Span[index..]]);
            default:
                return null;
        }
    }

    private static RegoValue? DeleteFrom(RegoValue container, RegoValue key)
    {
        Work.Tick(SizeOf(container) >> 2);
        switch (container)
        {
            case RegoObject map when map.TryGet(key, out _):
                var members = new RegoObject.Builder(map.Count);
                foreach (var (name, value) in map)
                {
                    if (!name.Equals(key))
                    {
                        members.Set(name, value);
                    }
                }

                return members.Build();
            case RegoSet set when set.Contains(key):
                return RegoSet.Of([.. set.Where(item => !item.Equals(key))]);
            case RegoArray array when Index(key, array.Count) is { } index:
                return RegoArray.Own([.. array.Span[..index], .. array.Span[(index + 1)..]]);
            default:
                return null;
        }
    }

    /// <summary>An index below a bound, as a number or as digits without zeros before them.</summary>
    private static int? Index(RegoValue key, int bound) => key switch
    {
        RegoNumber number when number.TryGetInt64(out var index) && index >= 0 && index < bound => (int)index,
        RegoString { Value: var text } when (text is "0" || (text.Length > 0 && text[0] is >= '1' and <= '9'))
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < bound
            => index,
        _ => null,
    };

    private static RegoObject.Builder Copy(RegoObject map)
    {
        var builder = new RegoObject.Builder(map.Count + 1);
        foreach (var (key, value) in map)
        {
            builder.Set(key, value);
        }

        return builder;
    }
}
