using System.CommandLine;

namespace Writ.Cli.Audit;

/// <summary>What records are asked for by: each option is a filter of <c>/v1/records</c>, and all that are given must
/// hold.</summary>
internal sealed class RecordQuestions
{
    private readonly Fields _fields = Fields();

    private readonly Option<bool> _tree = new("--tree") { Description = "With --task: of all tasks below it, too." };

    private readonly Option<string?> _from = Time("--from", "Only what is not older", "--since");

    private readonly Option<string?> _to = Time("--to", "Only what is older");

    public IEnumerable<Option> Options => [.. _fields.Options, _tree, _from, _to];

    /// <summary>Those that can be followed, too.</summary>
    public static Fields Fields() => new(
        Field.Principal("--identity", "identity", "Of this identity or operator, in whatever part."),
        Field.Principal("--actor", "actor", "That this one asked for."),
        Field.Principal("--subject", "subject", "That were about this one."),
        Field.Principal("--chain", "chain", "In whose delegation chain this one stands."),
        Field.Text("--on-behalf-of", "on_behalf_of", "Of tasks on behalf of this user."),
        Field.Text("--task", "task", "Of this task."),
        Field.Text("--workflow", "workflow", "Of tasks of this workflow."),
        Field.Text("--resource", "resource", "That name this resource or audience."),
        Field.Text("--action", "action", "That name this action, such as orders:read."),
        Field.Text("--kind", "kind", "Of this kind, such as token.issue; token: of all that begin so."),
        Field.OneOf("--outcome", "outcome", "That were allowed, or refused.", "allow", "deny"),
        Field.Text("--reason", "reason", "With this code."),
        Field.Text("--policy", "policy", "Decided by this version of the policy, a digest."),
        Field.Text("--approved", "approval", "That rest on this approval, or ask for it."),
        Field.Principal("--approved-by", "approved_by", "That this operator approved."),
        Field.Text("--credential", "credential", "Of this credential: its issue, its use, its end."),
        Field.Text("--decision", "decision_id", "Of this decision."));

    /// <summary>The path that asks for all that was given.</summary>
    public string Path(Call call, string order)
    {
        var path = _fields.Query(call, "/v1/records");
        path += $"{(path.Contains('?') ? '&' : '?')}order={order}";
        if (call.Get(_tree))
            path += "&tree=true";
        if (call.Get(_from) is { } from)
            path += $"&from={Uri.EscapeDataString(SinceOption.Of(from, call.Outside.Time))}";
        if (call.Get(_to) is { } to)
            path += $"&to={Uri.EscapeDataString(SinceOption.Of(to, call.Outside.Time))}";
        return path;
    }

    private static Option<string?> Time(string name, string what, params string[] aliases) => new(name, aliases)
    {
        Description = $"{what}: a span before now, or a time (RFC 3339).",
        HelpName = "90s|30m|8h|90d|TIME",
    };
}
