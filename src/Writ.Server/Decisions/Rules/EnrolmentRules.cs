using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// The rules for using an enrolment code: whoever made it could make it now. The host's own code needs nobody behind
/// it; that there is still no owner is asked in the transaction.
/// </summary>
internal static class EnrolmentRules
{
    public static Verdict Judge(Ask.Enrolment ask, Facts facts)
    {
        var code = ask.Code;
        var granting = new Granting.Enrolment(ask.Id, code.Role, code.Team, ask.KeyThumbprint);
        if (string.Equals(code.CreatedBy, EnrolmentRow.Bootstrap, StringComparison.Ordinal)) return granting;
        return facts.CodeMaker is { Operator: { } maker } principal && principal.IsActive(facts.Now)
            && ManagementActions.RoleAllows(maker.Role, "operator:invite")
            && ManagementActions.Covers(maker, new Gift(code.Role, code.Team))
            ? granting
            : Reason.CodeWithdrawn;
    }
}
