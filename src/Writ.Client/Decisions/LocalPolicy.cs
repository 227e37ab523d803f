using System.Text.Json;
using Writ.Protocol;
using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Values;

namespace Writ.Client;

/// <summary>
/// One version of the policy, as the broker hands it out: its modules with the one that puts the rules together. The
/// same limits, the same strictness, the same answers as the broker's.
/// </summary>
internal sealed class LocalPolicy
{
    private readonly RegoObject _data;
    private readonly PreparedValue? _answer;
    private readonly Lazy<PreparedValue>? _why; // compiled so that it tells which facts it missed

    private LocalPolicy(PolicySet files)
    {
        _data = files.Data;
        _answer = files.Compile(PolicyOptions.Default).PrepareValue("data.writ.decision.answer");
        _why = new Lazy<PreparedValue>(() => files.Compile(PolicyOptions.Default with { IsTraced = true })
            .PrepareValue("data.writ.decision.why"));
    }

    // It does not compile here: it refuses everything.
    private LocalPolicy() => _data = RegoObject.Empty;

    internal static LocalPolicy Of(string text, TimeProvider time)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            var policy = new LocalPolicy(new PolicySet(
                [.. root.GetProperty("files"u8).EnumerateArray().Select(FileOf)],
                (RegoObject)RegoValue.ParseJson(root.GetProperty("data"u8).GetRawText())));
            for (var n = 0; n < 3; n++) // so that the first who asks does not wait for the compiler
                _ = policy.Ask(RegoObject.Empty, time.GetUtcNow(), time);
            return policy;
        }
        catch (Exception e) when (
            e is RegoError or JsonException or KeyNotFoundException or InvalidCastException or FormatException
                or InvalidOperationException)
        {
            return new LocalPolicy();
        }
    }

    /// <summary>Asks all rules one question. Never throws for what a policy can do: that is a no.</summary>
    internal LocalDecision Ask(RegoObject input, DateTimeOffset now, TimeProvider time)
    {
        if (_answer is null)
            return LocalDecision.No(DecisionCodes.PolicyError);
        var question = new QueryInput
        {
            Input = input,
            Data = _data,
            Limits = EvaluationLimits.OneDecision,
            IsStrict = true, // an obligation that a built-in loses must not get lost in silence
            Time = new EvaluationClock(now, time),
        };
        try
        {
            return YesOf(_answer.Run(question)) ?? WhyNot(question);
        }
        catch (RegoError error)
        {
            return LocalDecision.No(
                error.Code is "eval_cancel_error" ? DecisionCodes.PolicyLimit : DecisionCodes.PolicyError);
        }
    }

    private static LocalDecision? YesOf(RegoValue? answer)
    {
        if (answer is not RegoObject yes || !yes.TryGet("allow", out var allow) || allow != RegoBoolean.True
            || !yes.TryGet("obligations", out var demanded))
        {
            return null;
        }

        if (demanded is RegoSet { Count: 0 })
            return Plainly;
        var (all, code) = Obligations.None.And(Members(demanded).Select(one => JsonElement.Parse(one.ToJson())));
        return all is null ? LocalDecision.No(code!) with { Reasons = [code!] } : Plainly with { Obligations = all };
    }

    private static readonly LocalDecision Plainly = new() { IsAllowed = true };

    private LocalDecision WhyNot(QueryInput question)
    {
        var trace = new EvaluationTrace { MaxEvents = 0 };
        var why = _why!.Value.Run(question with { Trace = trace });
        var reasons = Texts(why, "reasons");
        return LocalDecision.No(reasons is [var first, ..] ? first : "policy") with
        {
            Rules = Texts(why, "refused"),
            Reasons = reasons.Length > 0 ? reasons : ["policy"],
            Missing = [.. trace.Facts.Where(f => f.Value is null).Select(f => f.Key).Order(StringComparer.Ordinal)],
        };
    }

    private static IEnumerable<RegoValue> Members(RegoValue value) => value switch
    {
        RegoSet set => set,
        RegoArray array => array.Span.ToArray(),
        _ => [RegoNull.Instance], // no obligation that anybody knows: it refuses
    };

    private static string[] Texts(RegoValue? why, string name) =>
        why is RegoObject facts && facts.TryGet(name, out var value)
            ? [.. Members(value).OfType<RegoString>().Select(text => text.Value)]
            : [];

    private static PolicyFile FileOf(JsonElement file) => new(
        file.GetProperty("name"u8).GetString()!,
        file.GetProperty("text"u8).GetString()!,
        file.GetProperty("version"u8) switch
        {
            { ValueKind: JsonValueKind.Null } => null,
            var version => version.GetInt32() == 0 ? RegoVersion.V0 : RegoVersion.V1,
        });
}
