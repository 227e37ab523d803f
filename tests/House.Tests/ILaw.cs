namespace House.Tests;

/// <summary>
/// One rule of the house: a pure function over a tree of sources. It brings trees that break it, so that a rule that
/// sees nothing is found out, and trees that come close without breaking it. A new law is one file in Laws/ and one
/// line in <see cref="LawTests"/>.
/// </summary>
internal interface ILaw
{
    IEnumerable<Breach> Check(SourceTree tree);

    /// <summary>Each breaks the law.</summary>
    IEnumerable<SourceTree> Breaking { get; }

    /// <summary>Each keeps it.</summary>
    IEnumerable<SourceTree> Keeping { get; }
}
