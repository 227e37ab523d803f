using System.Runtime.InteropServices;

namespace Writ.Server.Decisions;

/// <summary>What an identity got at this replica of late.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RecentUse(int TokensLastMinute, int TokensLastHour, int RefusalsLastMinute);
