using System.Security.Cryptography;
using System.Text;
using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>
/// One version of the policy: modules and documents that were checked and compiled together, known by their digest.
/// Immutable, so that a decision never mixes two versions; each question is an evaluation of its own.
/// </summary>
public sealed class PolicyVersion
{
    /// <summary>What one question may cost (docs/decision.md). Whatever goes beyond it is answered with no.</summary>
    internal static readonly EvaluationLimits Limits = EvaluationLimits.OneDecision;

    private static readonly string[] OfSubject =
    [
        "data", "input.subject", "input.context.risk", "input.context.time", "input.context.recent",
        "input.context.facts.subject", "input.context.facts.risk",
    ];

    private const int MaxEvents = 50_000;
    private static readonly TimeSpan TracingTime = TimeSpan.FromSeconds(1);

    private static readonly PolicySet Nothing = new([], RegoObject.Empty);

    private readonly CompiledPolicy _compiled;
    private readonly PreparedValue? _answer;
    private readonly Lazy<(string Text, string Hash)> _text; // whoever decides elsewhere pays
    private readonly Lazy<CompiledPolicy> _traced; // tells which facts it looked at; refusals alone pay for it
    private readonly Lazy<PreparedValue> _why;
    private readonly Lazy<PreparedValue> _told; // all that it could say, with a trace
    private readonly Lazy<PreparedValue> _refusing; // the same without a trace, for searches
    private readonly string _fault = "";

    private PolicyVersion(PolicySet files, IReadOnlyList<string> rules, PolicySet whole)
    {
        (Files, Digest, Rules) = (files, PolicyDigest.Of(files), rules);
        _compiled = whole.Compile(PolicyOptions.Default);
        Documents = new PolicyDocuments(_compiled, files.Data, null);
        _text = new Lazy<(string, string)>(() => Write(whole));
        _answer = _compiled.PrepareValue($"data.{DecisionModule.Package}.answer");
        _traced = new Lazy<CompiledPolicy>(() => whole.Compile(PolicyOptions.Default with { IsTraced = true }));
        _why = new Lazy<PreparedValue>(() => _traced.Value.PrepareValue($"data.{DecisionModule.Package}.why"));
        _told = new Lazy<PreparedValue>(() => _traced.Value.PrepareValue(
            $"[data.{DecisionModule.Package}.why, data.{DecisionModule.Package}.obligations]"));
        _refusing = new Lazy<PreparedValue>(() => _compiled.PrepareValue($"data.{DecisionModule.Package}.refused"));
    }

    private PolicyVersion(string digest, string fault)
    {
        (Files, Digest, Rules, _fault) = (Nothing, digest, [], fault);
        _compiled = Nothing.Compile(PolicyOptions.Default);
        Documents = new PolicyDocuments(_compiled, RegoObject.Empty, fault);
        _text = new Lazy<(string, string)>(() => Write(Nothing));
        _traced = new Lazy<CompiledPolicy>(_compiled);
        _why = new Lazy<PreparedValue>(() => throw new InvalidOperationException(fault));
        (_told, _refusing) = (_why, _why);
    }

    /// <summary>SHA-256, in hex, over its modules and documents.</summary>
    public string Digest { get; }

    /// <summary>Its rules: the packages below <c>writ.rules</c>, in order.</summary>
    public IReadOnlyList<string> Rules { get; }

    /// <summary>The modules and documents as they were given.</summary>
    public PolicySet Files { get; }

    /// <summary>All of its documents, for queries that decide nothing.</summary>
    public PolicyDocuments Documents { get; }

    /// <summary>Checks and compiles.</summary>
    /// <exception cref="RegoError">It does not parse, does not compile, or has no rules.</exception>
    public static PolicyVersion Of(PolicySet files)
    {
        var live = files with { Files = [.. files.Files.Where(f => !IsTest(f.Name))] };
        var modules = live.Compile(PolicyOptions.Default);
        var rules = DecisionModule.RulesOf(modules);
        var whole = live with { Files = [.. live.Files, DecisionModule.Of(modules, rules)] };
        return new PolicyVersion(files, rules, whole);
    }

    /// <summary>Whether a file is run before the version comes into force, and is no part of it then.</summary>
    internal static bool IsTest(string file) => file.EndsWith("_test.rego", StringComparison.Ordinal);

    /// <summary>One that cannot be used: it refuses everything.</summary>
    internal static PolicyVersion Broken(string digest, string fault) => new(digest, fault);

    /// <summary>Asks all rules one question. Never throws for what a policy can do: that is a no.</summary>
    /// <param name="input">The question (docs/decision.md).</param>
    /// <param name="now">The time that the policy sees, which is the decision's.</param>
    /// <param name="time">The clock that bounds it.</param>
    public PolicyAnswer Ask(RegoObject input, DateTimeOffset now, TimeProvider time)
    {
        var question = Question(input, now, time);
        if (_answer is null) return PolicyAnswer.Refused.Error($"the policy cannot be used: {_fault}");
        try
        {
            return PolicyAnswer.OfYes(_answer.Run(question)) ?? (PolicyAnswer)Why(question);
        }
        catch (RegoError error)
        {
            return PolicyAnswer.Refused.Error(error);
        }
    }

    /// <summary>All that decides, for whoever decides elsewhere: the modules with the one that puts the rules together,
    /// without tests; and SHA-256, in hex, of that text. One that cannot be used has no modules, and so says no.
    /// </summary>
    public (string Text, string Hash) ToText() => _text.Value;

    private static (string Text, string Hash) Write(PolicySet whole)
    {
        var text = PolicyContent.Write(whole);
        return (text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    /// <summary>All of a question that has a say in its answer.</summary>
    internal RegoValue KeyOf(RegoObject input) => RegoArray.Of(_compiled.InputPaths.Select(path =>
    {
        RegoValue? at = input;
        foreach (var key in path.Span)
        {
            if (at is not RegoObject members) break; // what lies within a list is looked at in all of the list
            at = members.TryGet(key, out var next) ? next : null;
        }
        return at is null ? RegoArray.Empty : (RegoValue)RegoArray.Of([at]);
    }).Prepend(RegoString.Of(Digest)));

    /// <summary>Whether a rule came to its no by looking at nothing but who the subject is, their risk and the time.
    /// </summary>
    internal bool RefusesSubject(string rule, RegoObject input, DateTimeOffset now, TimeProvider time)
    {
        var trace = new EvaluationTrace { MaxEvents = 0 };
        try
        {
            var allow = _traced.Value.PrepareValue($"data.writ.rules.{rule}.allow")
                .Run(Question(input, now, time) with { Trace = trace });
            return allow != RegoBoolean.True && trace.Facts.Keys.All(IsOfSubject);
        }
        catch (RegoError)
        {
            return false;
        }
    }

    private static bool IsOfSubject(string fact) => Array.Exists(
        OfSubject, of => fact == of || fact.StartsWith(of + ".", StringComparison.Ordinal));

    private QueryInput Question(RegoObject input, DateTimeOffset now, TimeProvider time) => new()
    {
        Input = input,
        Data = Files.Data,
        Limits = Limits,
        // What a built-in cannot do would else be undefined: an obligation could get lost in silence (P9).
        IsStrict = true,
        Time = new EvaluationClock(now, time),
    };

    /// <summary>Only whether it says yes, and to what that obliges; null: it says no. What refuses is not looked for.
    /// </summary>
    public PolicyAnswer.Allowed? AskYes(RegoObject input, DateTimeOffset now, TimeProvider time)
    {
        try
        {
            return PolicyAnswer.OfYes(_answer?.Run(Question(input, now, time)));
        }
        catch (RegoError)
        {
            return null;
        }
    }

    /// <summary>The rules that refuse; null: it failed.</summary>
    public IReadOnlyList<string>? Refusing(RegoObject input, DateTimeOffset now, TimeProvider time)
    {
        try
        {
            return _answer is not null && _refusing.Value.Run(Question(input, now, time)) is RegoSet names
                ? [.. names.OfType<RegoString>().Select(name => name.Value)]
                : null;
        }
        catch (RegoError)
        {
            return null;
        }
    }

    /// <summary>Runs all rules with a trace, for whoever wants to know why. It may take longer than a decision.
    /// </summary>
    public EvaluationTrace Trace(RegoObject input, DateTimeOffset now, TimeProvider time)
    {
        var trace = new EvaluationTrace { MaxEvents = MaxEvents };
        if (_answer is null) return trace;
        try
        {
            _ = _told.Value.Run(Question(input, now, time) with
            {
                Trace = trace,
                Limits = Limits with { Time = TracingTime },
            });
        }
        catch (RegoError)
        {
            // As far as it came: the answer says what went wrong.
        }
        return trace;
    }

    /// <summary>Runs it a few times, so that the first who asks does not wait for the compiler.</summary>
    public void WarmUp(TimeProvider time)
    {
        for (var n = 0; n < 3; n++) _ = Ask(RegoObject.Empty, time.GetUtcNow(), time);
    }

    private PolicyAnswer.Refused Why(QueryInput question)
    {
        var trace = new EvaluationTrace { MaxEvents = 0 };
        var why = _why.Value.Run(question with { Trace = trace });
        return PolicyAnswer.Refused.Of(why) with
        {
            Missing = [.. trace.Facts.Where(f => f.Value is null).Select(f => f.Key).Order(StringComparer.Ordinal)],
        };
    }
}
