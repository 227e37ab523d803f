namespace Writ.Rego.Tree;

internal enum CollectionKind
{
    Array,
    Set,
    Object,
}
