namespace Writ.Server.Tests.Access;

/// <summary>Decisions that an API made by itself, as it reports them.</summary>
internal static class AccessReports
{
    public const string Path = "/access/v1/decisions";

    public static object Decision(
        string subject, string resource, string? code = null, object? obligations = null) => new
        {
            at = 1_795_355_100_000_000,
            decision = code is null,
            code,
            subject_type = "agent",
            subject_id = subject,
            action = "orders:read",
            resource_type = "resource",
            resource_id = resource,
            policy = "a1b2",
            registry = 7,
            obligations,
        };

    public static Task<Reply> ReportAsync(this TestCaller api, string spool, long first, params object[] decisions) =>
        api.PostAsync(Path, new { spool, first, decisions });
}
