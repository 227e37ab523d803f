using System.Text.Json;
using Writ.Rego;
using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>What a policy answers to one question.</summary>
public abstract record PolicyAnswer
{
    private PolicyAnswer() { }

    /// <summary>The version that gave it, as an engine outside names it; null: the one that was asked.</summary>
    public string? Version { get; init; }

    /// <summary>The yes in what <c>data.writ.decision.answer</c> is; null: it is none.</summary>
    internal static Allowed? OfYes(RegoValue? answer) =>
        answer is RegoObject yes && yes.TryGet("allow", out var allow) && allow == RegoBoolean.True
        && yes.TryGet("obligations", out var obligations)
            ? Allowed.With(Members(obligations))
            : null;

    /// <summary>A set of Rego, which is an array once it was written as JSON.</summary>
    private static RegoValue[] Members(RegoValue? value) => value switch
    {
        RegoSet set => [.. set],
        RegoArray array => array.Span.ToArray(),
        _ => [RegoNull.Instance], // no obligation that anybody knows: it refuses
    };

    /// <summary>Yes, if this is done or kept.</summary>
    public sealed record Allowed(IReadOnlyList<JsonElement> Obligations) : PolicyAnswer
    {
        private static readonly Allowed Plainly = new([]);

        internal static Allowed With(RegoValue[] obligations) => obligations.Length == 0
            ? Plainly
            : new Allowed([.. obligations.Select(one => JsonElement.Parse(one.ToJson()))]);
    }

    /// <summary>No.</summary>
    /// <param name="Rules">The rules that did not allow it.</param>
    /// <param name="Reasons">Their codes, in order; at least one.</param>
    public sealed record Refused(IReadOnlyList<string> Rules, IReadOnlyList<string> Reasons) : PolicyAnswer
    {
        /// <summary>The paths of what the rules looked for and did not find.</summary>
        public IReadOnlyList<string> Missing { get; init; } = [];

        /// <summary>What went wrong in the policy itself; null: nothing.</summary>
        public string? Fault { get; private init; }

        /// <summary>What <c>data.writ.decision.why</c> is.</summary>
        internal static Refused Of(RegoValue? why)
        {
            var reasons = Texts(why, "reasons");
            return new Refused(Texts(why, "refused"), reasons.Length > 0 ? reasons : ["policy"]);
        }

        internal static Refused Error(RegoError error) => error.Code is "eval_cancel_error"
            ? new Refused([], ["policy_limit"]) { Fault = error.Diagnostics[0].Message }
            : Error(error.Diagnostics[0].ToString());

        internal static Refused Error(string fault) => new([], ["policy_error"]) { Fault = fault };

        /// <summary>An engine outside did not answer in time, or not as an engine does.</summary>
        internal static Refused Away(string fault) => new([], ["policy_engine_away"]) { Fault = fault };

        private static string[] Texts(RegoValue? why, string name) =>
            why is RegoObject facts && facts.TryGet(name, out var value)
                ? [.. Members(value).OfType<RegoString>().Select(text => text.Value)]
                : [];
    }
}
