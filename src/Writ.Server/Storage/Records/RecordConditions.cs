using Dapper;

namespace Writ.Server.Storage;

/// <summary>
/// What must hold of a row (<c>x</c>) of the search index. Only the conditions that are wanted, and none that an engine
/// would go by instead of the rows' places: what there is of one actor may be half the log.
/// </summary>
internal static class RecordConditions
{
    private const string OfTeam = """
        (EXISTS (SELECT 1 FROM identity i WHERE i.team = @Team AND (i.id = x.subject OR i.id = x.actor))
          OR EXISTS (SELECT 1 FROM operator o WHERE o.team = @Team AND (o.id = x.subject OR o.id = x.actor)))
        """;

    public static (string Sql, DynamicParameters Parameters) Of(RecordFilter f)
    {
        List<string> where = ["TRUE"];
        var parameters = new DynamicParameters();
        Equal("actor", "Actor", f.Actor);
        Equal("subject", "Subject", f.Subject);
        Equal("on_behalf_of", "OnBehalfOf", f.OnBehalfOf);
        Equal("workflow", "Workflow", f.Workflow);
        Equal("outcome", "Outcome", f.Outcome);
        Equal("reason", "Reason", f.Reason);
        Equal("policy", "Policy", f.Policy);
        Equal("approved_by", "ApprovedBy", f.ApprovedBy);
        Equal("decision_id", "DecisionId", f.DecisionId);
        When(
            f.Identity, "Identity",
            $"(x.actor || '' = @Identity OR x.subject || '' = @Identity OR {Has("ofIdentity")})");
        Line("ofIdentity", TermOf.Chain, f.Identity is null ? null : RecordIndexRow.FitLine(f.Identity));
        When(f.Chain, "Chain", Has("ofChain"));
        Line("ofChain", TermOf.Chain, f.Chain);
        When(f.Action, "Action", Has("ofAction"));
        Line("ofAction", TermOf.Action, f.Action);
        When(f.Approval, "Approval", Has("ofApproval"));
        Line("ofApproval", TermOf.Approval, f.Approval);
        When(f.Credential, "Credential", $"(x.jti || '' = @Credential OR {Has("ofCredential")})");
        Line("ofCredential", TermOf.Credential, f.Credential);
        When(f.Task, "Task", f.IsTree ? $"(x.task || '' = @Task OR {Has("ofTask")})" : "x.task || '' = @Task");
        Line("ofTask", TermOf.Above, f.IsTree ? f.Task : null);
        When(f.Kind, "Kind", "(x.kind = @Kind OR substr(x.kind, 1, length(@KindDot)) = @KindDot)");
        if (f.Kind is not null) parameters.Add("KindDot", f.Kind + ".");
        When(f.From, "From", "x.at >= @From");
        When(f.To, "To", "x.at < @To");
        When(f.Team, "Team", OfTeam);
        if (f.Resource.Count > 0)
        {
            where.Add($"({string.Join(" OR ", f.Resource.Select((_, i) => Has($"ofResource{i}")))})");
            for (var i = 0; i < f.Resource.Count; i++) Line($"ofResource{i}", TermOf.Resource, f.Resource[i]);
        }
        return (string.Join(" AND ", where), parameters);

        void Equal(string column, string name, string? value) => When(value, name, $"x.{column} || '' = @{name}");

        void When(object? value, string name, string condition)
        {
            if (value is null) return;
            where.Add(condition);
            parameters.Add(name, value);
        }

        void Line(string name, TermOf of, string? value)
        {
            if (value is not null) parameters.Add(name, new RecordTerm(of, value).Line);
        }
    }

    // Both engines know this one; it is neither found nor taken out where it is not there.
    private static string Has(string name) => $"replace(x.terms, @{name}, '') <> x.terms";
}
