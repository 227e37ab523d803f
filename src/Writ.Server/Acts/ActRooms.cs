using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Policies;
using Writ.Server.Revocations;

namespace Writ.Server.Acts;

/// <summary>The rooms that a management call walks through, in order.</summary>
public sealed record ActRooms(
    Settings Settings,
    TokenCallers Callers,
    FactSource Facts,
    DecisionPoint Decisions,
    AuditLog Audit,
    FailureCounter Failures,
    QuestionBudget Budget,
    ApprovalRequests Approvals,
    RevocationState Revocations);
