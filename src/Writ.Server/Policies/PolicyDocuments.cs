using System.Collections.Concurrent;
using System.Globalization;
using Writ.Rego;
using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>The documents of one version of the policy, its rules' and its data, each an evaluation by itself.
/// </summary>
public sealed class PolicyDocuments
{
    private const int MostKept = 256; // compiled, of those that were asked for

    private readonly CompiledPolicy _policy;
    private readonly RegoObject _data;
    private readonly string? _fault; // of a version that cannot be used
    private readonly ConcurrentDictionary<string, PreparedValue> _prepared = new(StringComparer.Ordinal);

    internal PolicyDocuments(CompiledPolicy policy, RegoObject data, string? fault) =>
        (_policy, _data, _fault) = (policy, data, fault);

    /// <summary>Computes one, within the limits of a question to the policy.</summary>
    /// <param name="path">Its path below <c>data</c>.</param>
    /// <param name="input">What whoever asks sent; null: nothing.</param>
    /// <param name="isStrict">Whether an error of a built-in fails it, or leaves it undefined.</param>
    /// <param name="now">The time that the policy sees.</param>
    /// <param name="time">The clock that bounds it.</param>
    public QueryAnswer Query(
        IReadOnlyList<string> path, RegoValue? input, bool isStrict, DateTimeOffset now, TimeProvider time)
    {
        if (_fault is not null)
            return new QueryAnswer.Failed(new RegoDiagnostic("rego_compile_error", _fault, "", 0, 0, ""));
        if (Prepare(path) is not { } document) return QueryAnswer.Undefined.Instance;
        try
        {
            var value = document.Run(new QueryInput
            {
                Input = input,
                Data = _data,
                Limits = PolicyVersion.Limits,
                IsStrict = isStrict,
                Time = new EvaluationClock(now, time),
            });
            return value is null ? QueryAnswer.Undefined.Instance : new QueryAnswer.Defined(value);
        }
        catch (RegoError error)
        {
            return new QueryAnswer.Failed(error.Diagnostics[0]);
        }
    }

    /// <summary>Null: the path leads to no document, but to a function or into one.</summary>
    private PreparedValue? Prepare(IReadOnlyList<string> path)
    {
        // Quoted, so that nothing of a path is ever read as Rego; whole numbers are places in arrays, as OPA has them.
        var term = string.Concat(path.Select(part => int.TryParse(
            part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var place)
                ? $"[{place.ToString(CultureInfo.InvariantCulture)}]"
                : $"[{RegoString.Of(part).ToJson()}]"));
        if (_prepared.TryGetValue(term, out var known)) return known;
        try
        {
            var prepared = _policy.PrepareValue("data" + term);
            if (_prepared.Count >= MostKept) _prepared.Clear();
            return _prepared[term] = prepared;
        }
        catch (RegoError)
        {
            return null;
        }
    }
}
