import { TextArea, TextInput } from '@carbon/react';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import type { ServiceId } from '../../../contract/app/index.ts';
import { useServiceIdChanges } from '../../app/api/service-ids.ts';
import { Dialog } from '../../components/dialog.tsx';

/** Creates a service ID, or renames and describes the one that is given. */
export function ServiceIdDialog({ serviceId, onClose }: { serviceId?: ServiceId; onClose: () => void }) {
  const { create, change } = useServiceIdChanges();
  const navigate = useNavigate();
  const [name, setName] = useState(serviceId?.name ?? '');
  const [description, setDescription] = useState(serviceId?.description ?? '');

  async function submit() {
    const body = { name: name.trim(), description: description.trim() };
    if (serviceId !== undefined) return change.mutateAsync({ id: serviceId.id, ...body });
    const created = await create.mutateAsync(body);
    return navigate(`/service-ids/${created.id}`);
  }

  return (
    <Dialog
      title={serviceId === undefined ? 'New service ID' : 'Rename or describe'}
      submitLabel={serviceId === undefined ? 'Create' : 'Save'}
      canSubmit={name.trim() !== ''}
      onClose={onClose}
      onSubmit={submit}
    >
      <TextInput
        id="service-id-name"
        data-modal-primary-focus
        labelText="Name"
        helperText="The program that it is for."
        autoComplete="off"
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        id="service-id-description"
        labelText="Description (optional)"
        autoComplete="off"
        spellCheck={false}
        rows={2}
        maxLength={1000}
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
    </Dialog>
  );
}

type ServiceIdDialogProps = { serviceId: ServiceId; onClose: () => void };

export function SuspendServiceIdDialog({ serviceId, onClose }: ServiceIdDialogProps) {
  const { change } = useServiceIdChanges();
  const { id, name, isSuspended } = serviceId;
  return (
    <Dialog
      title={isSuspended ? 'Let in again?' : 'Suspend service ID?'}
      submitLabel={isSuspended ? 'Resume' : 'Suspend'}
      isDangerous={!isSuspended}
      onClose={onClose}
      onSubmit={() => change.mutateAsync({ id, isSuspended: !isSuspended })}
    >
      <p>
        <strong>{name}</strong>
        {isSuspended
          ? ': its API keys work again.'
          : ': its API keys stop working until you resume it. Its roles in projects stay.'}
      </p>
    </Dialog>
  );
}

export function DeleteServiceIdDialog(props: ServiceIdDialogProps & { onDeleted: () => void }) {
  const { serviceId, onDeleted, onClose } = props;
  const { remove } = useServiceIdChanges();
  return (
    <Dialog
      title="Delete service ID?"
      submitLabel="Delete"
      isDangerous
      onClose={onClose}
      onSubmit={async () => {
        await remove.mutateAsync(serviceId.id);
        onDeleted();
      }}
    >
      <p>
        <strong>{serviceId.name}</strong> loses its API keys and its roles in projects, for good. Programs that use them
        are refused from now on.
      </p>
    </Dialog>
  );
}
