namespace Writ.Rego.Compile;

/// <summary>
/// Variables of one rule by their numbers: found in constant time, and kept in the order in which they came, so that
/// the last ones can be taken out again.
/// </summary>
internal sealed class VariableSet
{
    private readonly List<int> _members = [];
    private bool[] _isMember = new bool[16];

    /// <summary>How many: a place to go back to.</summary>
    public int Count => _members.Count;

    public int this[int index] => _members[index];

    public bool Contains(int variable) => (uint)variable < (uint)_isMember.Length && _isMember[variable];

    public bool Add(int variable)
    {
        if (variable >= _isMember.Length)
            Array.Resize(ref _isMember, Math.Max(variable + 1, _isMember.Length * 2));
        if (_isMember[variable])
            return false;
        _isMember[variable] = true;
        _members.Add(variable);
        return true;
    }

    /// <summary>Takes out all that came after the first ones.</summary>
    public void Shrink(int count)
    {
        for (var i = count; i < _members.Count; i++)
        {
            _isMember[_members[i]] = false;
        }

        _members.RemoveRange(count, _members.Count - count);
    }

    public int[] ToArray() => [.. _members];
}
