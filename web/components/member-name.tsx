import { Tag } from '@carbon/react';

type MemberNameProps = {
  member: { name: string; email: string | null; kind: 'person' | 'service' };
  isOneself: boolean;
};

/** A person by name and e-mail address, or a service ID by its name. */
export function MemberName({ member, isOneself }: MemberNameProps) {
  return (
    <span className="cl-member">
      <span className="cl-member__name">
        {member.name}
        {isOneself && ' (you)'}
      </span>
      {member.kind === 'service' ? (
        <Tag size="sm" type="cool-gray">
          Service ID
        </Tag>
      ) : (
        <span className="cl-member__email">{member.email}</span>
      )}
    </span>
  );
}
