using System.Security.Cryptography;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>
/// What a built-in may know of the query that calls it: its time, randomness, limits, and where to print. Made for one
/// query and used by one thread at a time.
/// </summary>
public sealed class BuiltinContext
{
    private Dictionary<(string Name, RegoValue Key), RegoValue>? _remembered;
    private Dictionary<(Type Kind, string Key), object>? _built;

    /// <summary>The time of the query, which stands still while it runs: nanoseconds since 1970.</summary>
    public long NowNanoseconds { get; init; }

    /// <summary>Fills bytes with randomness.</summary>
    public Action<Memory<byte>> Randomness { get; init; } = bytes => RandomNumberGenerator.Fill(bytes.Span);

    /// <summary>Ends the query early.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Takes what <c>print</c> prints; null when nobody listens.</summary>
    public Action<string>? Print { get; init; }

    /// <summary>Takes what <c>trace</c> notes; null when nobody listens.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>What <c>opa.runtime</c> gives.</summary>
    public RegoObject Runtime { get; init; } = RegoObject.Empty;

    /// <summary>The most items that one call may make.</summary>
    public int MaxItems { get; init; } = 1_000_000;

    /// <summary>The most characters that one call may make.</summary>
    public int MaxTextLength { get; init; } = 16_000_000;

    /// <summary>The same value for the same key all through the query.</summary>
    internal RegoValue Remember(string name, RegoValue key, Func<RegoValue> make)
    {
        _remembered ??= [];
        if (!_remembered.TryGetValue((name, key), out var value))
        {
            value = make();
            _remembered.Add((name, key), value);
        }

        return value;
    }

    /// <summary>Something that is dear to build from a text, built once in the query.</summary>
    internal T Built<T>(string key, Func<string, T> build)
        where T : class
    {
        _built ??= [];
        if (_built.TryGetValue((typeof(T), key), out var known))
        {
            return (T)known;
        }

        var made = build(key);
        if (_built.Count < 256)
        {
            _built.Add((typeof(T), key), made);
        }

        return made;
    }

    /// <summary>Asks before so many items are made.</summary>
    internal void CheckItems(long count)
    {
        if (count > MaxItems)
        {
            throw BuiltinError.Limit($"a result of more than {MaxItems} items");
        }
    }

    /// <summary>Asks before so long a text is made.</summary>
    internal void CheckText(long length)
    {
        if (length > MaxTextLength)
        {
            throw BuiltinError.Limit($"a text of more than {MaxTextLength} characters");
        }
    }

    /// <summary>
    /// Asked from time to time by what takes long: ends the call when the query's time is over or it was cancelled.
    /// </summary>
    /// <exception cref="RegoError">The query's time is over.</exception>
    public void CheckTime()
    {
        Work.Tick(64);
        if (Cancellation.IsCancellationRequested)
        {
            throw new BuiltinError("eval_cancel_error", "the query was cancelled") { IsFatal = true };
        }
    }
}
