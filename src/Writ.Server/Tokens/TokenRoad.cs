using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Revocations;
using Writ.Server.Signing;

namespace Writ.Server.Tokens;

/// <summary>The rooms that the token endpoint walks through, in order.</summary>
public sealed record TokenRoad(
    Settings Settings,
    CallerAuthenticator Callers,
    IReadOnlyDictionary<string, Grants.ITokenGrant> Grants,
    DecisionPoint Decisions,
    AuditLog Audit,
    ApprovalRequests Approvals,
    RevocationState Revocations,
    SigningKeys Keys,
    Signer Signer);
