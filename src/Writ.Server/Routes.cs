using Writ.Protocol;
using Writ.Server.Access;
using Writ.Server.Access.Deciders;
using Writ.Server.Acts;
using Writ.Server.Approvals;
using Writ.Server.Callers;
using Writ.Server.Edge;
using Writ.Server.Governance;
using Writ.Server.Inventory;
using Writ.Server.Records;
using Writ.Server.Retention;
using Writ.Server.Simulation;
using Writ.Server.Tasks;

namespace Writ.Server;

/// <summary>The table of all endpoints.</summary>
public static class Routes
{
    private static readonly string[] ClientParameters =
        ["client_id", "client_assertion_type", "client_assertion", "client_secret"];

    public static IReadOnlyList<Route> Table(Wiring w)
    {
        List<Route> table =
        [
            .. Discovery(w), .. OAuth(w), .. Access(w), .. Tasks(w), .. Inventory(w), .. Governance(w), .. Retention(w),
            .. Approvals(w), .. Simulation(w), .. Transparency(w), .. Operations(w),
        ];
        var document = new Lazy<string>(() => OpenApiDocument.Of(table, w.Settings.Issuer).ToJsonString());
        table.Add(new("GET", "/openapi/v1.json", "none", "", h => Answers.TextAsync(h, 200, document.Value))
        {
            Says = "This document.",
        });
        return table;
    }

    private static Route[] Discovery(Wiring w) =>
    [
        new("GET", "/.well-known/oauth-authorization-server", "none", "", w.Metadata.MetadataAsync)
        {
            Says = "The metadata of RFC 8414.",
        },
        new("GET", "/.well-known/openid-configuration", "none", "", w.Metadata.MetadataAsync)
        {
            Says = "The same metadata, where OpenID Connect looks for it.",
        },
        new("GET", "/oauth/jwks", "none", "", w.Metadata.JwksAsync) { Says = "The keys that sign tokens (RFC 7517)." },
        new("GET", "/v1/revocations/keys", "none", "", w.Metadata.FeedJwksAsync)
        {
            Says = "The keys that sign the feed of revocations.",
        },
    ];

    private static Route[] OAuth(Wiring w) =>
    [
        new("POST", "/oauth/token", "client", "token.issue", w.Token.HandleAsync)
        {
            Says = "Issues a token of a task (RFC 6749, 8693, 8705, 8707, 9396, 9449).",
            Form =
            [
                "grant_type", .. ClientParameters, "scope", "authorization_details", "resource", "audience",
                "task", "may_act", "approval", "ticket", "refresh_token",
                "subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type",
            ],
        },
        new("POST", "/oauth/introspect", "client", "token.introspect", w.Introspection.HandleAsync)
        {
            Says = "Says whether a token is alive, and what it carries (RFC 7662).",
            Form = ["token", "token_type_hint", .. ClientParameters],
        },
        new("POST", "/oauth/revoke", "client", "token.revoke", w.Revocation.HandleAsync)
        {
            Says = "Kills a token, and all that was made from it (RFC 7009).",
            Form = ["token", "token_type_hint", .. ClientParameters],
        },
        Act(w, "GET", "/v1/revocations/feed", "revocation.read", w.FeedEndpoint.ReadAsync) with
        {
            Says = "The signed feed of revocations, as server-sent events (docs/revocation.md).",
            Query = ["epoch", "after"],
        },
    ];

    private static Route[] Access(Wiring w) =>
    [
        new("POST", "/access/v1/evaluation", "token", "access.evaluate", w.Evaluation.HandleAsync)
        {
            Says = "Answers whether a subject may do something (AuthZEN 1.0). Takes bearer tokens, too, of identities "
                + "with that exception.",
            Body = typeof(EvaluationRequest),
        },
        new("POST", "/access/v1/evaluations", "token", "access.evaluate", w.Evaluations.HandleAsync)
        {
            Says = "Answers up to a hundred such questions (AuthZEN 1.0).",
            Body = typeof(EvaluationsRequest),
        },
        new("POST", "/access/v1/search/subject", "token", "access.search", w.Searches.SubjectsAsync)
        {
            Says = "Lists the subjects of a type that may do something (AuthZEN 1.0).",
            Body = typeof(SearchRequest),
        },
        new("POST", "/access/v1/search/resource", "token", "access.search", w.Searches.ResourcesAsync)
        {
            Says = "Lists the resources at which a subject may do something (AuthZEN 1.0).",
            Body = typeof(SearchRequest),
        },
        new("POST", "/access/v1/search/action", "token", "access.search", w.Searches.ActionsAsync)
        {
            Says = "Lists what a subject may do at a resource (AuthZEN 1.0).",
            Body = typeof(SearchRequest),
        },
        Act(w, "GET", "/access/v1/bundle", "access.bundle", w.Bundle.PullAsync, Door.Deciders) with
        {
            Says = "What an API needs to decide by itself about its own resources, signed (docs/access.md).",
            Query = ["resources", "policy"],
        },
        Act(w, "POST", "/access/v1/decisions", "access.report", w.Reports.ReportAsync, Door.Deciders) with
        {
            Says = "Records what an API decided by itself, in its order and once each.",
            Body = typeof(ReportRequest),
        },
        new("GET", "/v1/data/{+path}", "token", "policy.query", w.Data.HandleAsync)
        {
            Says = "A document of the policy for the input of the query (OPA's API); at writ/decision the broker's.",
            Query = DataQuery.Parameters,
        },
        new("POST", "/v1/data/{+path}", "token", "policy.query", w.Data.HandleAsync)
        {
            Says = "The same with the input in the body.",
            Query = [.. DataQuery.Parameters.Skip(1)],
            Body = typeof(DataRequest),
        },
        new("GET", "/.well-known/authzen-configuration", "none", "", w.AccessMetadata.HandleAsync)
        {
            Says = "Where to ask what (AuthZEN 1.0).",
        },
    ];

    private static Route[] Tasks(Wiring w) =>
    [
        Act(w, "POST", "/v1/tasks", "task.start", w.TaskEndpoints.OpenAsync) with
        {
            Says = "Opens a task.",
            Body = typeof(OpenTaskRequest),
        },
        Act(w, "GET", "/v1/tasks", "task.read", w.TaskEndpoints.ListAsync) with
        {
            Says = "Lists tasks.",
            Query = ["agent", "workflow", "status", "parent", "implicit", "order", "after", "limit"],
        },
        Act(w, "GET", "/v1/tasks/{id}", "task.read", w.TaskEndpoints.ShowAsync) with
        {
            Says = "Shows a task, and below it every task and credential that came of it, with their states.",
        },
        Act(w, "GET", "/v1/tasks/{id}/story", "audit.read", w.Story.ShowAsync) with
        {
            Says = "Tells a task and all below it as a time line, from the records.",
        },
        Act(w, "POST", "/v1/tasks/{id}/end", "task.end", w.TaskEndpoints.EndAsync) with
        {
            Says = "Ends a task: all that was issued under it and under its child tasks dies. Idempotent.",
            Body = typeof(EndTaskRequest),
        },
        Act(w, "POST", "/v1/tasks/{id}/heartbeat", "task.heartbeat", w.TaskEndpoints.HeartbeatAsync) with
        {
            Says = "Says that the task's holder is alive.",
        },
    ];

    private static Route[] Retention(Wiring w) =>
    [
        Act(w, "POST", "/v1/audit/holds", "audit.hold", w.Retention.Holds.CreateAsync) with
        { Says = "Sets a legal hold: what it covers of the log is not erased.", Body = typeof(HoldRequest) },
        Act(w, "GET", "/v1/audit/holds", "audit.hold", w.Retention.Holds.ListAsync) with
        { Says = "Lists legal holds, the newest first.", Query = ["all", "after", "limit"] },
        Act(w, "DELETE", "/v1/audit/holds/{id}", "audit.release", w.Retention.Holds.ReleaseAsync) with
        { Says = "Releases a legal hold.", Query = ["reason"] },
        Act(w, "POST", "/v1/audit/erase", "audit.erase", w.Retention.Erase.EraseAsync) with
        {
            Says = "Erases details of records, but for those under a legal hold: refused. Done behind the answer.",
            Body = typeof(EraseRequest),
        },
        Act(w, "GET", "/v1/audit/erase/{id}", "audit.erase", w.Retention.Erase.ShowAsync) with
        { Says = "Says how far an erasure is." },
    ];

    private static Route[] Approvals(Wiring w) =>
    [
        Act(w, "GET", "/v1/approvals", "approval.read", w.Approvals.ListAsync) with
        {
            Says = "Lists requests for an approval, the newest first.",
            Query = ["status", "requester", "team", "after", "limit"],
        },
        Act(w, "GET", "/v1/approvals/{id}", "approval.read", w.Approvals.ShowAsync) with
        {
            Says = "Shows what somebody asked for, exactly, and what became of it (docs/approvals.md).",
        },
        Act(w, "POST", "/v1/approvals/{id}/approve", "approval.approve", w.Approvals.ApproveAsync) with
        {
            Says = "Says yes to that very thing, once, for a short time. Never to one's own.",
            Body = typeof(DecideApprovalRequest),
        },
        Act(w, "POST", "/v1/approvals/{id}/deny", "approval.deny", w.Approvals.DenyAsync) with
        {
            Says = "Says no.",
            Body = typeof(DecideApprovalRequest),
        },
        Act(w, "GET", "/v1/notices", "notice.read", w.Notices.ListAsync) with
        {
            Says = "Lists of what the policy wants people told, the newest first.",
            Query = ["whom", "after", "limit"],
        },
    ];

    private static Route[] Simulation(Wiring w) =>
    [
        Act(w, "GET", "/v1/decisions/{id}/explanation", "decision.explain", w.Explain.ExplainAsync) with
        {
            Says = "Says why a recorded decision is what it is, and what would have turned it (docs/simulation.md).",
        },
        Act(w, "GET", "/v1/suggestions", "identity.suggest", w.Suggest.ListAsync) with
        {
            Says = "Suggests the least that identities need, by what they were given and let do.",
            Query = ["days", "identity", "after", "limit"],
        },
        Act(w, "POST", "/v1/policies/shadow", "policy.shadow.start", w.Shadow.StartAsync) with
        {
            Says = "Puts a version beside the live one: it is asked the same from now on, and decides nothing.",
            Body = typeof(ShadowRequest),
        },
        Act(w, "GET", "/v1/policies/shadow", "policy.shadow.read", w.Shadow.ShowAsync) with
        {
            Says = "Says where that version would have decided otherwise, by identity and rule.",
        },
        Act(w, "DELETE", "/v1/policies/shadow", "policy.shadow.end", w.Shadow.EndAsync) with
        {
            Says = "Takes that version away.",
        },
        Act(w, "POST", "/v1/policies/replay", "policy.replay", w.Replay.ReplayAsync) with
        {
            Says = "Says what a policy would have made of recorded decisions, as server-sent events.",
            Body = typeof(ReplayRequest),
        },
    ];

    private static Route[] Operations(Wiring w) =>
    [
        new("GET", "/livez", "none", "", Health.LiveAsync) { Says = "Whether the process runs." },
        new("GET", "/readyz", "none", "", w.Health.ReadyAsync) { Says = "Whether this replica can serve." },
        new("GET", "/health", "none", "", w.Health.OpaAsync) { Says = "Whether this replica can serve (OPA's form)." },
        new("GET", "/readyz/{part}", "none", "", w.Health.PartAsync) { Says = "Whether one part of it can." },
        new("GET", "/metrics", "none", "", w.Metrics.AnswerAsync) { Says = "Figures, as Prometheus reads them." },
    ];

    private static Route[] Inventory(Wiring w) =>
    [
        Act(w, "POST", "/v1/identities", "identity.create", w.Identities.CreateAsync) with
        {
            Says = "Registers an identity. A secret that is made for it is shown in this answer alone.",
            Body = typeof(CreateIdentityRequest),
        },
        Act(w, "GET", "/v1/identities", "identity.read", w.Identities.ListAsync) with
        {
            Says = "Lists identities.",
            Query = ["kind", "owner", "team", "status", "label", "after", "limit"],
        },
        Act(w, "GET", "/v1/identities/{+name}", "identity.read", w.Identities.ShowAsync) with
        {
            Says = "Shows an identity with its keys.",
        },
        Act(w, "PATCH", "/v1/identities/{+name}", "identity.update", w.Identities.ChangeAsync) with
        {
            Says = "Changes an identity; exceptions are identity.except, for owners. Narrowed, its tokens die.",
            Body = typeof(IdentityChanges),
        },
        Act(w, "POST", "/v1/identities/{+name}/suspend", "identity.suspend", w.IdentityStates.SuspendAsync) with
        {
            Says = "Refuses an identity from now on; its tokens die.",
            Body = typeof(ReasonRequest),
        },
        Act(w, "POST", "/v1/identities/{+name}/resume", "identity.resume", w.IdentityStates.ResumeAsync) with
        {
            Says = "Lets a suspended identity in again.",
            Body = typeof(ReasonRequest),
        },
        Act(w, "POST", "/v1/identities/{+name}/decommission", "identity.decommission",
            w.IdentityStates.DecommissionAsync) with
        {
            Says = "Ends an identity for good: its keys, tokens and tasks.",
            Body = typeof(ReasonRequest),
        },
        Act(w, "POST", "/v1/identities/{+name}/keys", "key.add", w.IdentityKeys.AddAsync) with
        {
            Says = "Adds a key; the others stay good until they end or are revoked.",
            Body = typeof(KeyRequest),
        },
        Act(w, "DELETE", "/v1/identities/{+name}/keys/{id}", "key.revoke", w.IdentityKeys.RevokeAsync) with
        {
            Says = "Refuses a key from now on; every token of its identity dies.",
        },
        Act(w, "POST", "/v1/identities/{+name}/signals", "signal.write", w.RiskSignals.WriteAsync) with
        {
            Says = "Writes a risk signal about an identity, or ends those of a name; what it holds is decided again.",
            Body = typeof(RiskSignalRequest),
        },
        Act(w, "POST", "/v1/resources", "resource.create", w.Resources.CreateAsync) with
        {
            Says = "Registers a resource.",
            Body = typeof(CreateResourceRequest),
        },
        Act(w, "GET", "/v1/resources", "resource.read", w.Resources.ListAsync) with
        {
            Says = "Lists resources.",
            Query = ["team", "after", "limit"],
        },
        Act(w, "GET", "/v1/resources/{name}", "resource.read", w.Resources.ShowAsync) with
        {
            Says = "Shows a resource.",
        },
        Act(w, "PATCH", "/v1/resources/{name}", "resource.update", w.Resources.ChangeAsync) with
        {
            Says = "Changes a resource, but for its name and URI.",
            Body = typeof(ResourceChanges),
        },
        Act(w, "DELETE", "/v1/resources/{name}", "resource.delete", w.Resources.DeleteAsync) with
        {
            Says = "Deletes a resource that no entitlement and no workflow names; tasks that may touch it end.",
        },
        Act(w, "GET", "/v1/findings", "finding.read", w.Findings.ListAsync) with
        {
            Says = "Lists findings.",
            Query = ["kind", "subject", "owner", "team", "status", "after", "limit"],
        },
        Act(w, "GET", "/v1/findings/{id}", "finding.read", w.Findings.ShowAsync) with
        {
            Says = "Shows a finding.",
        },
        Act(w, "POST", "/v1/findings/{id}/close", "finding.close", w.Findings.CloseAsync) with
        {
            Says = "Closes a finding; it opens anew when it is seen again.",
            Body = typeof(ReasonRequest),
        },
    ];

    private static Route[] Governance(Wiring w) =>
    [
        new("POST", "/v1/operators/enrol", "code", "operator.enrol", w.Enrol.HandleAsync)
        {
            Says = "Registers the key of an operator who was given a one-time code.",
            Body = typeof(EnrolRequest),
        },
        Act(w, "GET", "/v1/operators", "operator.read", w.Operators.ListAsync) with
        {
            Says = "Lists operators.",
            Query = ["after", "limit"],
        },
        Act(w, "GET", "/v1/operators/{name}", "operator.read", w.Operators.ShowAsync) with
        {
            Says = "Shows an operator with their keys.",
        },
        Act(w, "POST", "/v1/operators/enrolments", "operator.invite", w.Operators.InviteAsync) with
        {
            Says = "Makes a one-time code with which somebody becomes an operator, or registers a further key.",
            Body = typeof(EnrolmentRequest),
        },
        Act(w, "PATCH", "/v1/operators/{name}", "operator.update", w.Operators.ChangeAsync) with
        {
            Says = "Changes an operator's role or team; shows the keys that now have that power.",
            Body = typeof(OperatorChanges),
        },
        Act(w, "DELETE", "/v1/operators/{name}", "operator.remove", w.Operators.RemoveAsync) with
        {
            Says = "Removes an operator; all their tokens die.",
        },
        Act(w, "POST", "/v1/operators/{name}/keys", "key.add", w.OperatorKeys.AddAsync) with
        {
            Says = "Adds a key to oneself.",
            Body = typeof(KeyRequest),
        },
        Act(w, "DELETE", "/v1/operators/{name}/keys/{id}", "key.revoke", w.OperatorKeys.RevokeAsync) with
        {
            Says = "Revokes a key of oneself, or of somebody else as an owner; their tokens and codes die.",
        },
        Act(w, "POST", "/v1/workflows", "workflow.create", w.Workflows.CreateAsync) with
        {
            Says = "Registers a workflow.",
            Body = typeof(CreateWorkflowRequest),
        },
        Act(w, "GET", "/v1/workflows", "workflow.read", w.Workflows.ListAsync) with
        {
            Says = "Lists workflows.",
            Query = ["team", "after", "limit"],
        },
        Act(w, "GET", "/v1/workflows/{name}", "workflow.read", w.Workflows.ShowAsync) with
        {
            Says = "Shows a workflow.",
        },
        Act(w, "PATCH", "/v1/workflows/{name}", "workflow.update", w.Workflows.ChangeAsync) with
        {
            Says = "Changes a workflow.",
            Body = typeof(WorkflowChanges),
        },
        Act(w, "DELETE", "/v1/workflows/{name}", "workflow.delete", w.Workflows.DeleteAsync) with
        {
            Says = "Deletes a workflow; its open tasks end.",
        },
        Act(w, "POST", "/v1/locks", "lock.create", w.Locks.LockAsync) with
        {
            Says = "Stops an identity, a task, or all of an owner or team: 404 if none, 200 if stopped before.",
            Body = typeof(LockRequest),
        },
        Act(w, "POST", "/v1/policies", "policy.push", w.PolicyEndpoints.PushAsync) with
        {
            Says = "Puts a version of the policy in force, once it compiles and its tests pass.",
            Body = typeof(PushPolicyRequest),
        },
        Act(w, "GET", "/v1/policies", "policy.read", w.PolicyEndpoints.ListAsync) with
        {
            Says = "Lists which versions of the policy were in force, the latest first.",
            Query = ["limit"],
        },
        Act(w, "GET", "/v1/policies/source", "policy.read", w.PolicySync.ShowAsync) with
        {
            Says = "Says what the policy's source holds, and whether that is in force.",
        },
        Act(w, "GET", "/v1/policies/{digest}", "policy.read", w.PolicyEndpoints.ShowAsync) with
        {
            Says = "Shows a version of the policy with its modules and documents: by digest, live, or shipped.",
        },
        Act(w, "POST", "/v1/policies/preview", "policy.preview", w.PolicyEndpoints.PreviewAsync) with
        {
            Says = "Says what a push of the same would do, and how many live credentials it would end.",
            Body = typeof(PushPolicyRequest),
        },
        Act(w, "POST", "/v1/policies/rollback", "policy.rollback", w.PolicyEndpoints.RollBackAsync) with
        {
            Says = "Puts an earlier version of the policy in force again.",
            Body = typeof(RollBackRequest),
        },
        Act(w, "GET", "/v1/signing-keys", "signing_key.read", w.SigningKeys.ListAsync) with
        {
            Says = "Lists the broker's own keys, oldest first: published, signs, verifies, gone or revoked.",
        },
        Act(w, "POST", "/v1/signing-keys/rotate", "signing_key.rotate", w.SigningKeys.RotateAsync) with
        {
            Says = "Makes a new signing key now; the old one verifies until what it signed has ended.",
            Body = typeof(RotateRequest),
        },
        Act(w, "POST", "/v1/signing-keys/{kid}/revoke", "signing_key.revoke", w.SigningKeys.RevokeAsync) with
        {
            Says = "Refuses a signing key and all that it ever signed.",
            Body = typeof(RevokeKeyRequest),
        },
        Act(w, "GET", "/v1/records", "audit.read", w.RecordEndpoints.ListAsync) with
        {
            Says = "Lists records of the log, as they are stored; one a line where application/x-ndjson is accepted.",
            Query = [.. RecordQuery.Filters, .. RecordQuery.Pages],
        },
        Act(w, "GET", "/v1/records/tail", "audit.read", w.RecordEndpoints.TailAsync) with
        {
            Says = "Follows the log, as server-sent events.",
            Query = [.. RecordQuery.Filters, "after"],
        },
    ];

    private static Route[] Transparency(Wiring w) =>
    [
        Open(w, "/log/checkpoint", w.Log.Endpoints.CheckpointAsync) with { Says = "The signed head of the log." },
        Open(w, "/log/key", w.Log.Endpoints.KeyAsync) with { Says = "The key that verifies the log's checkpoints." },
        Open(w, "/log/checkpoints", w.Log.Endpoints.HistoryAsync) with
        {
            Says = "The checkpoints that were published, in their order.",
            Query = ["after"],
        },
        Open(w, "/log/tile/{+path}", w.Log.Endpoints.TileAsync) with { Says = "Hashes of the tree (C2SP tlog-tiles)." },
        Entries(w, "/log/tile/entries/{+path}"),
        Entries(w, "/log/entries/{+path}"),
        Open(w, "/log/about", w.Log.Details.AboutAsync) with { Says = "Of which record the log's first leaf is." },
        Open(w, "/log/former/{number}/about", w.Log.Details.AboutAsync) with
        {
            Says = "The same of a log by its number.",
        },
        Details(w, "/log/details/{+path}"),
        Details(w, "/log/former/{number}/details/{+path}"),
        Open(w, "/log/proof/inclusion/{index}", w.Log.Endpoints.InclusionAsync) with
        {
            Says = "That a leaf is in the tree of a size.",
            Query = ["size"],
        },
        Open(w, "/log/proof/consistency/{first}/{second}", w.Log.Endpoints.ConsistencyAsync) with
        {
            Says = "That the tree of one size begins with that of another.",
        },
        Open(w, "/log/proof/{index}", w.Log.Endpoints.ProofAsync) with
        {
            Says = "That a leaf is in the log, with the checkpoint (C2SP tlog-proof).",
        },
        Open(w, "/log/former/{number}/{+path}", w.Log.Endpoints.OfNumberAsync) with
        {
            Says = "The same of a log by its number: that of before a restore.",
        },
        Entries(w, "/log/former/{number}/tile/entries/{+path}"),
        Act(w, "GET", "/v1/audit/{id}/proof", "audit.read", w.Log.Receipts.ShowAsync) with
        {
            Says = "The receipt of a record: by its index, its decision's id or its token's jti.",
        },
    ];

    private static Route Open(Wiring w, string path, RequestDelegate answer) =>
        new("GET", path, "none", "", w.Log.Endpoints.Bounded(answer));

    private static Route Entries(Wiring w, string path) => (w.Log.Endpoints.EntriesArePublic
        ? Open(w, path, w.Log.Endpoints.EntriesAsync)
        : Act(w, "GET", path, "audit.read", w.Log.Endpoints.ReadEntriesAsync)) with
    {
        Says = "The log's entries: what of the records is hashed into the tree (C2SP tlog-tiles).",
    };

    private static Route Details(Wiring w, string path) =>
        Act(w, "GET", path, "audit.read", w.Log.Details.ReadAsync) with
        {
            Says = "What can be erased of the records of a bundle of entries.",
        };

    private static Route Act(
        Wiring w, string method, string path, string kind, Func<ActCall, Task<ActPlan>> endpoint,
        Door door = Door.Management) =>
        new(method, path, "token", kind, h => w.Acts.HandleAsync(h, endpoint, door));

    /// <summary>Maps the table onto ASP.NET, with what every answer has in common.</summary>
    public static void Map(WebApplication app, Wiring wiring)
    {
        app.Use(wiring.Guard.HandleAsync);
        var table = Table(wiring);
        foreach (var route in table)
            // What anybody may read, anybody may ask for the headers of.
            Map(app, route.Path, http => HandleAsync(http, route, wiring)).WithMetadata(new HttpMethodMetadata(
                route is { Method: "GET", Caller: "none" } ? ["GET", "HEAD"] : [route.Method]));
        foreach (var path in table.GroupBy(r => r.Path, StringComparer.Ordinal))
        {
            var allowed = string.Join(", ", path.Select(r => r.Method).Append("OPTIONS").Order(StringComparer.Ordinal));
            Map(app, path.Key, http => OtherMethodAsync(http, allowed));
        }
        app.MapFallback("{**path}", http => Answers.ProblemAsync(http, 404, "not_found", "There is no such endpoint."));
    }

    /// <summary>Names of identities hold slashes.</summary>
    private static IEndpointConventionBuilder Map(WebApplication app, string path, RequestDelegate handle) =>
        NamedPath.Of(path, IdentityNames.MaxSegments) is { } named
            ? app.Map(named.Pattern, handle).WithMetadata(named).WithOrder(named.Order)
            : NamedPath.OfRest(path) is { } rest ? app.Map(rest, handle) : app.Map(path, handle);

    private static async Task HandleAsync(HttpContext http, Route route, Wiring wiring)
    {
        if (route.Caller is not "none") http.Response.Headers["DPoP-Nonce"] = wiring.Nonces.Next();
        try
        {
            await route.HandleAsync(http);
        }
        catch (Exception e) when (route.Caller is "client" && Wiring.IsUnavailable(e) && !http.Response.HasStarted)
        {
            // As OAuth says it. Nothing was handed out: what is not recorded does not exist (P1).
            await Answers.OAuthAsync(http, OAuthError.TemporarilyUnavailable(
                "the store takes no records at the moment", "store_unavailable"));
        }
    }

    /// <summary>A path of the table, by another method. No page of another origin is ever let in: no CORS.</summary>
    private static Task OtherMethodAsync(HttpContext http, string allowed)
    {
        http.Response.Headers.Allow = allowed;
        if (!HttpMethods.IsOptions(http.Request.Method))
            return Answers.ProblemAsync(http, 405, "method_not_allowed", $"This endpoint serves {allowed}.");
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}

/// <summary>One endpoint: what the table of all endpoints says of it.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Route pattern.</param>
/// <param name="Caller">none: anyone; client: OAuth client authentication; code: an enrolment code and a
/// proven key; token: a management token, bound to a key but at the doors of /access and /v1/data.</param>
/// <param name="AuditKind">The kind of the record that it leaves; empty: it changes and reveals nothing.</param>
/// <param name="HandleAsync">What answers.</param>
public sealed record Route(string Method, string Path, string Caller, string AuditKind, RequestDelegate HandleAsync)
{
    /// <summary>What it does, in a sentence of the OpenAPI document.</summary>
    public string Says { get; init; } = "";

    /// <summary>The type of its JSON body; null: it takes none.</summary>
    public Type? Body { get; init; }

    /// <summary>The parameters of its form; none: it takes no form.</summary>
    public IReadOnlyList<string> Form { get; init; } = [];

    /// <summary>The parameters that it takes in the query.</summary>
    public IReadOnlyList<string> Query { get; init; } = [];
}
