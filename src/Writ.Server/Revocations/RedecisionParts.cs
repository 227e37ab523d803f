using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>What deciding again rests on.</summary>
public sealed record RedecisionParts(
    Registry Registry, RecordStore Records, RecordIndexer Indexer, RevocationSet Revoked, FactSource Facts,
    DecisionPoint Decisions);
