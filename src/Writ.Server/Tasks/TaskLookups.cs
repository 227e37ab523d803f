using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tasks;

/// <summary>Where the task endpoints look things up.</summary>
public sealed record TaskLookups(Registry Registry, FactSource Facts);
