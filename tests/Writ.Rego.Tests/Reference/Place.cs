namespace Writ.Rego.Tests.Reference;

/// <summary>Where a term stands: in which world, and in which module.</summary>
internal sealed record Place(World World, ReferenceModule Module);
